using CsAligner.Cli.Sweeps;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Sweeps;

public class SweepRecipeTests
{
    [Theory]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"cases":[{"name":null}]}""", "a case's name is null")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"cases":[{"name":"a","lora":null}]}""", "\"lora\" is null")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"grid":{"lr":[*],"lambda":[*],"epochs":[*],"bandwidth":[*]}}""", "the grid has more than 10000 points")]
    public void A_recipe_that_cannot_be_run_is_refused_in_one_line(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.json"], text.Replace("*", string.Join(',', Enumerable.Range(1, 100)), StringComparison.Ordinal));
        string message = Assert.Throws<InputException>(() => SweepRecipe.Read(folder["x.json"])).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("x.json", message, StringComparison.Ordinal);
    }
}
