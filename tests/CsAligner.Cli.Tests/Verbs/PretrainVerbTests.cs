using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>What the training of a decoder refuses before it fetches or draws anything.</summary>
public sealed class PretrainVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"image_size\": 32", "image_size is 32; icon-clip embeds pictures of 64")]
    [InlineData("\"width\": 100", "num_attention_heads is 3, expected a divisor of hidden_size 100")]
    [InlineData("\"dropout\": 0.1", "dropout")]
    public void A_recipe_that_does_not_fit_is_refused(string entry, string said)
    {
        string recipe = Recipe($"\"kind\": \"decoder\", \"name\": \"x\", \"samples\": 10, {entry}");
        var run = CommandLineRun.Of("pretrain", recipe, "--out", _folder["out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(said, run.ErrorLine);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void A_start_that_is_not_there_is_named()
    {
        string recipe = Recipe("\"kind\": \"decoder\", \"name\": \"x\", \"samples\": 10");
        var run = CommandLineRun.Of("pretrain", recipe, "--out", _folder["out"], "--init", _folder["nowhere"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(_folder["nowhere"], run.ErrorLine);
    }

    [Fact]
    public void A_clip_takes_no_start()
    {
        string recipe = Recipe("\"name\": \"x\", \"steps\": 1");
        var run = CommandLineRun.Of("pretrain", recipe, "--out", _folder["out"], "--init", _folder.Path);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--init is for decoder recipes", run.Error);
    }

    private string Recipe(string entries)
    {
        File.WriteAllText(_folder["recipe.json"], $"{{ {entries} }}");
        return _folder["recipe.json"];
    }
}
