using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Usage;

/// <summary>What is named must exist and be of its kind; the message says what was expected and what is there.</summary>
public sealed class PathCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PathCheckTests()
    {
        Verbs.FeatureFiles.Save(_folder, "images.npy", Verbs.FeatureFiles.Cloud(1, 20, 3, 0.5));
        _folder.Write("texts.txt", "a cat\n"u8);
        Directory.CreateDirectory(_folder["run"]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("measure @/image.npy @/images.npy",
        "@/image.npy': there is no such file or folder; X takes a .npy file or a feature-set folder; did you mean '@/images.npy'?")]
    [InlineData("measure @/images.npy @/texts.txt", "@/texts.txt': it is not a .npy file")]
    [InlineData("measure @/images.npy @/nowhere/x.npy", "there is no folder '@/nowhere' either")]
    [InlineData("evaluate --images @/images.npy --texts @/txts.npy", "--texts takes a .npy file or a feature-set folder")]
    [InlineData("evaluate --images @/images.npy --texts @/images.npy --pairs @/run",
        "it is a folder; --pairs takes a .npy file of int64 row numbers")]
    [InlineData("align --images @/images.npy --texts @/images.npy --out @/texts.txt",
        "cannot write '@/texts.txt': it is a file; --out takes a folder")]
    [InlineData("align --images @/images.npy --texts @/images.npy --out @/texts.txt/run",
        "'@/texts.txt' is a file, not a folder; give --out another path")]
    [InlineData("align --model icon-clp --data icons:lucide --lora text --out @/o", "did you mean 'icon-clip'?")]
    [InlineData("search @/images.npy cat --model icon-clip", "it is a file; FEATURES takes a feature-set folder")]
    [InlineData("search @/run cat --model icon-clip --adapter @/rum",
        "--adapter takes a folder that csalign align wrote; did you mean '@/run'?")]
    [InlineData("search @/run --image @/run --model icon-clip", "it is a folder; --image takes a picture file")]
    [InlineData("embed --model icon-clip --texts @/text.txt --out @/o", "--texts takes a text file; did you mean '@/texts.txt'?")]
    [InlineData("embed --model icon-clip --data images:@/runn --out @/o", "--data takes a folder of pictures; did you mean '@/run'?")]
    [InlineData("embed --model icon-clip --texts @/texts.txt --lora @/texts.txt --out @/o",
        "it is a file; --lora takes a folder with LoRA")]
    [InlineData("embed --model icon-clip --texts @/texts.txt --skip @/none --out @/o", "--skip takes a text file")]
    [InlineData("generate cat --decoder icon-decodr --out @/o", "did you mean 'icon-decoder'?")]
    [InlineData("generate --embeddings @/texts.txt --out @/o", "it is not a .npy file")]
    [InlineData("fidelity @/run @/nowhere", "there is no such file or folder; REFERENCE takes a folder of pictures")]
    [InlineData("report @/runs --out @/x.html", "RUN takes a folder that csalign align wrote; did you mean '@/run'?")]
    [InlineData("report @/run --out @/run", "it is a folder; --out takes a file to write")]
    [InlineData("sweep @/run.json --out @/o", "there is no such recipe; RECIPE.json takes a recipe, a JSON file")]
    [InlineData("pretrain @/run --out @/o", "it is a folder; RECIPE takes a recipe, a JSON file")]
    [InlineData("apply --adapter @/none @/images.npy @/o.npy", "--adapter takes an adapter that csalign align wrote")]
    [InlineData("toy --out @/texts.txt", "it is a file; --out takes a folder")]
    public void What_is_not_there_or_of_another_kind_is_named_before_any_work(string line, string expected)
    {
        string[] before = Directory.GetFileSystemEntries(_folder.Path);
        CommandLineRun run = CommandLineRun.Of(line.Replace("@", _folder.Path, StringComparison.Ordinal).Split(' '));
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected.Replace("@", _folder.Path, StringComparison.Ordinal), run.ErrorLine);
        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("icons:lucid", "did you mean 'lucide'?")]
    [InlineData("icons:", "nothing is named after 'icons:'")]
    [InlineData("list: ", "nothing is named after 'list:'")]
    [InlineData("image:photos", "there is no kind of data set 'image:'; did you mean 'images:'?")]
    public void A_data_set_that_cannot_be_is_wrong_usage(string data, string expected)
    {
        CommandLineRun run = CommandLineRun.Of("embed", "--model", "icon-clip", "--data", data, "--out", _folder["o"]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.ErrorLine);
    }

    [Theory]
    [InlineData("""{"nam":"x"}""", "unknown key \"nam\"; known are … did you mean 'name'?")]
    [InlineData("""{"name":"x","steps":"many"}""", "\"steps\": expected a whole number of at most 2147483647, got \"many\"")]
    [InlineData("""{"name":"x","vision":{"widht":3}}""", "unknown key \"vision.widht\"; known are … did you mean 'width'?")]
    [InlineData("""{"name":"x","name":"y"}""", "it is not JSON")]
    [InlineData("""{"name":""", "it is not JSON")]
    [InlineData("""{"\ud800":"x"}""", "it is not JSON: a string is not valid Unicode")]
    [InlineData("[]", "expected an object, got a list")]
    [InlineData("""{"kind":"decoder","sampels":3}""", "unknown key \"sampels\"; known are … did you mean 'samples'?")]
    [InlineData("""{"kind":"decoder","samples":1.5}""", "\"samples\": expected a whole number")]
    public void A_recipe_is_refused_in_its_own_words(string recipe, string expected)
    {
        _folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(recipe));
        CommandLineRun run = CommandLineRun.Of("pretrain", _folder["recipe.json"], "--out", _folder["o"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.All(expected.Split(" … "), part => Assert.Contains(part, run.ErrorLine));
        Assert.DoesNotContain("System.", run.Error);
        Assert.DoesNotContain(".NET", run.Error);
    }

    [Fact]
    public void A_run_stopped_before_it_began_does_nothing()
    {
        CommandLineRun run = CommandLineRun.Stopped("toy", "--out", _folder["o"], "--json");
        Assert.Equal((130, "", "csalign: stopped"), (run.ExitCode, run.Output, run.ErrorLine));
        Assert.False(Directory.Exists(_folder["o"]));
    }
}
