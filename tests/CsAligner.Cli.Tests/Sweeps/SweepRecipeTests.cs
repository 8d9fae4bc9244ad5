using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Sweeps;

public class SweepRecipeTests
{
    // What "GIVEN" in a recipe below stands for.
    private const string Given = "\"name\":\"x\",\"data\":{\"images\":\"x.npy\",\"texts\":\"y.npy\",\"folds\":3}";

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
    [InlineData("""{GIVEN,"options":{"pairs":"half"}}""",
        "\"pairs\": expected all, apart, own or a whole number of at least 2, got \"half\"")]
    [InlineData("""{GIVEN,"options":{"pairs":1}}""", "\"pairs\": expected all, apart, own or a whole number of at least 2, got 1")]
    [InlineData("""{GIVEN,"options":{"pairs":0.5}}""", "\"pairs\": expected all, apart, own or a whole number of at least 2, got 0.5")]
    [InlineData("""{GIVEN,"options":{"pairs":null}}""", "\"pairs\": expected all, apart, own or a whole number of at least 2, got null")]
    [InlineData("""{GIVEN,"options":{"pairs":25,"unpaired":0}}""", "\"unpaired\": expected a whole number of at least 1, got 0")]
    [InlineData("""{GIVEN,"options":{"pairs":25,"pairs_fraction":0.5}}""", "exclude each other; give one of them")]
    [InlineData("""{GIVEN,"options":{"pairs":25,"unpaired":5,"unpaired_rest":true}}""", "exclude each other; give one of them")]
    [InlineData("""{GIVEN,"options":{"pairs":"apart","unpaired":5}}""",
        "all rows are without a partner if \"pairs\" is \"apart\"; leave \"unpaired\" and \"unpaired_rest\" out")]
    [InlineData("""{GIVEN,"options":{"pairs":"own","bandwidth":"auto"}}""",
        "bandwidth and lambda are chosen on pairs, but pairs are \"own\"; give values")]
    [InlineData("""{GIVEN,"options":{"pairs":"own","token_weight":0.5}}""", "token_weight is for pairs, but pairs are \"own\"")]
    [InlineData("""{GIVEN,"options":{"pairs":"apart","baseline":"cca"}}""", "the baseline cca needs pairs, but pairs are \"apart\"")]
    [InlineData("""{GIVEN,"options":{"baseline":"corall"}}""", "\"baseline\": expected … got 'corall'; did you mean 'coral'?")]
    [InlineData("""{GIVEN,"options":{"baseline":null}}""", "\"baseline\" is null")]
    [InlineData("""{GIVEN,"cases":[{"name":"a","baseline":"coral","objective":"cs"}]}""",
        "the case a has a baseline and an objective; give one of them")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"]},"options":{"baseline":"coral"}}""",
        "the directions of the baseline coral is chosen on held-out pairs; give \"validation\" in \"data\"")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"]},"options":{"pairs":"apart","lora":"text:r=8"}}""",
        "lora trains on pairs, but pairs are \"apart\"")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"]},"options":{"baseline":"realign","lora":"text:r=8"}}""",
        "the baseline realign does not train, but there is lora")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"],"labels":["c"]}}""",
        "\"labels\": expected a text, got a list")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3,"labels":"l.tsv"}}""",
        "\"labels\" are of tests that a model embeds; leave them out with images, texts and folds")]
    [InlineData("""{"name":"x","data":{"images":"x.npy","texts":"y.npy","folds":3,"pictures":{}}}""",
        "\"pictures\" are of tests that a model embeds")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"],"pictures":{"names":1}}}""",
        "\"pictures\" needs names of 2 or more and steps from 1 to 1000, got 1 and 25")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"],"pictures":{"guidance":21}}}""",
        "\"guidance\": expected a number from 0 to 20, got 21")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"],"pictures":{}},"cases":[{"name":"c"}]}""",
        "pictures need an image space that stays as the decoder knows it; give \"train\": \"text\"")]
    [InlineData("""{"name":"x","data":{"model":"m","pairs":"a","tests":["b"]},"cases":[{"name":"c","true_pictures":true}]}""",
        "true_pictures is for pictures; give \"pictures\" in \"data\"")]
    [InlineData("""{"name":"x" """, "it is not JSON")]
    [InlineData("[]", "the recipe must be an object, got a list")]
    public void A_recipe_that_cannot_be_run_is_refused_in_one_line(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.json"], text.Replace("GIVEN", Given, StringComparison.Ordinal)
            .Replace("*", string.Join(',', Enumerable.Range(1, 100)), StringComparison.Ordinal));
        string message = Assert.Throws<InputException>(() => SweepRecipe.Read(folder["x.json"])).Message;
        Assert.All(expected.Split(" … "), part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.Contains("x.json", message, StringComparison.Ordinal);
    }
}
