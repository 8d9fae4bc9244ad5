using CsAligner.Generation.Training;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Generation.Tests.Training;

/// <summary>Recipes of decoders are read as they are written, and refused where they make no sense.</summary>
public sealed class DecoderRecipeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_recipe_may_have_marks_comments_and_numbers_of_any_form()
    {
        string path = Path.Combine(_folder, "recipe.json");
        File.WriteAllText(path,
            """{"kind": "decoder", "name": "x", /* few */ "samples": 2e3, "warmup_samples": 0, "seed": 7.0, "batch_size": 16.0,}""",
            System.Text.Encoding.UTF8);
        DecoderRecipe recipe = DecoderRecipe.Read(path);
        Assert.Equal((2000L, 7UL, 16), (recipe.Samples, recipe.Seed, recipe.BatchSize));
        File.WriteAllText(path, """{"kind": "decoder", "name": "x", "samples": 2.5}""");
        Assert.Contains("samples", Assert.Throws<InputException>(() => DecoderRecipe.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_recipe_comes_back_as_it_was_written()
    {
        var recipe = DecoderRecipe.Read(Path.Combine(Repository.Root, "recipes", "icon-decoder.json"));
        string path = Path.Combine(_folder, "recipe.json");
        File.WriteAllText(path, recipe.ToJson());
        Assert.Equal(recipe.ToJson(), DecoderRecipe.Read(path).ToJson());
        Assert.Equal("icon-decoder", recipe.Name);
    }

    [Theory]
    [InlineData("\"kind\": \"clip\"", "\"kind\" is out of range; expected \"decoder\"")]
    [InlineData("\"patch_size\": 7", "image_size is 64")]
    [InlineData("\"heads\": 5", "num_attention_heads is 5")]
    [InlineData("\"batch_size\": 0", "\"batch_size\"")]
    [InlineData("\"batch_size\": 65536, \"image_size\": 512", "at most 1365 for pictures of 512 x 512")]
    [InlineData("\"samples\": 0", "\"samples\"")]
    [InlineData("\"learning_rate\": 0", "\"learning_rate\"")]
    [InlineData("\"beta2\": 1", "\"beta2\"")]
    [InlineData("\"max_grad_norm\": 0", "\"max_grad_norm\"")]
    [InlineData("\"ema_decays\": []", "\"ema_decays\"")]
    [InlineData("\"ema_decays\": [1]", "\"ema_decays\"")]
    [InlineData("\"condition_dropout\": 1.5", "\"condition_dropout\"")]
    [InlineData("\"time_deviation\": 0", "\"time_deviation\"")]
    [InlineData("\"coloured_repeats\": 0", "\"coloured_repeats\"")]
    [InlineData("\"preview_samples\": 0", "\"preview_samples\"")]
    [InlineData("\"preview_guidance\": 21", "\"preview_guidance\"")]
    [InlineData("\"dropout\": 0.1", "dropout")]
    public void A_value_that_makes_no_sense_is_refused_by_its_key(string entry, string said)
    {
        string key = entry[..entry.IndexOf(':')], path = Path.Combine(_folder, "recipe.json");
        string[] lines =
        [
            .. new[] { "\"kind\": \"decoder\"", "\"name\": \"x\"", "\"samples\": 10" }
                .Where(l => !l.StartsWith(key, StringComparison.Ordinal)),
            entry
        ];
        File.WriteAllText(path, $"{{ {string.Join(", ", lines)} }}");
        string message = Assert.Throws<InputException>(() => DecoderRecipe.Read(path)).Message;
        Assert.Contains(said, message);
        Assert.Contains(path, message);
    }
}
