using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Sweeps;

public class SweepRecipeTests
{
    [Theory]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"cases":[{"name":null}]}""", "a case's name is null")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"cases":[{"name":"a","lora":null}]}""",
        "\"lora\" is null")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"grid":{"lr":[*],"lambda":[*],"epochs":[*],"bandwidth":[*]}}""", "the grid has more than 10000 points")]
    [InlineData("""{"nam":"x"}""", "the recipe has the unknown key \"nam\"; known are … did you mean 'name'?")]
    [InlineData("""{"name":"x","data":{"imges":"x.npy"}}""", "\"data\" has the unknown key \"imges\"; known are … did you mean 'images'?")]
    [InlineData("""{"name":"x","data":[]}""", "\"data\": expected an object, got a list")]
    [InlineData("""{"name":"x","seeds":[-1]}""", "\"seeds\": expected a list of whole numbers of at least 0, got a list")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":"three"}}""",
        "\"folds\": expected a whole number, got \"three\"")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"options":{"lamda":1}}""",
        "there is no option \"lamda\"; known are … did you mean 'lambda'?")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"options":{"epochs":1.5}}""",
        "\"epochs\": expected a whole number of 1 to 1000000, got 1.5")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3},"options":{"own_texts":1}}""",
        "\"own_texts\": expected true or false, got 1")]
    [InlineData("""{"name":"x" """, "it is not JSON")]
    [InlineData("[]", "the recipe must be an object, got a list")]
    public void A_recipe_that_cannot_be_run_is_refused_in_one_line(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.json"], text.Replace("*", string.Join(',', Enumerable.Range(1, 100)), StringComparison.Ordinal));
        string message = Assert.Throws<InputException>(() => SweepRecipe.Read(folder["x.json"])).Message;
        Assert.All(expected.Split(" … "), part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Contains("x.json", message, StringComparison.Ordinal);
    }
}
