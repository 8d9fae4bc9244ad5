using System.Text.Json;
using CsAligner.Data.Images;
using CsAligner.Data.Pictures;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary><c>fetch pictures</c>, and what <c>--data</c> takes by name.</summary>
public class FetchPicturesVerbTests
{
    [Fact]
    public void Without_a_name_it_lists_the_sets()
    {
        CommandLineRun run = CommandLineRun.Of("fetch", "pictures", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement[] sets = [.. run.Json.GetProperty("sets").EnumerateArray()];
        Assert.Equal(PictureSets.Names, sets.Select(set => set.GetProperty("set").GetString()));
        Assert.Equal(141, sets[0].GetProperty("languages").GetArrayLength());
        Assert.Equal(["@lobehub/fluent-emoji-3d@1.1.0", "cldr-annotations-full@48.2.0"],
            sets[0].GetProperty("packages").EnumerateArray().Select(package => package.GetString()));
        Assert.Equal(0, sets[1].GetProperty("languages").GetArrayLength());
        Assert.Equal("/usr/share/tuxpaint/stamps", sets[2].GetProperty("folder").GetString());
        Assert.All(sets, set => Assert.NotEmpty(set.GetProperty("licence").GetString()!));
        string table = CommandLineRun.At(200, "fetch", "pictures").Output;
        Assert.All(PictureSets.All, set => Assert.Contains(set.Licence, table, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fetch pictures emojis", "there are no pictures 'emojis': expected emoji, coloured-icons, stamps; did you mean 'emoji'?")]
    [InlineData("fetch pictures emoji stamp", "there are no pictures 'stamp'")]
    [InlineData("fetch pictures emoji:de", "name the set alone, and its language with --language")]
    [InlineData("fetch pictures emoji --language germn", "--language: 'emoji' has no captions in 'germn'; 'csalign fetch ")]
    [InlineData("fetch pictures emoji --language fo_DK --size 32", "--size needs --out")]
    [InlineData("fetch pictures coloured-icons --language de", "--language: coloured-icons has no languages")]
    [InlineData("fetch pictures stamps --out out", "--out: 'stamps' is used where it is installed and is not copied")]
    [InlineData("fetch pictures --language de", "--language needs a name")]
    [InlineData("embed --model icon-clip --out out --data emoji:germn", "--data emoji:germn: 'germn' is not a language")]
    [InlineData("embed --model icon-clip --out out --data emoji:xq", "'emoji' has no captions in 'xq'")]
    [InlineData("embed --model icon-clip --out out --data emoji:de@tset", "'emoji' has no part 'tset'")]
    [InlineData("embed --model icon-clip --out out --data emojy:de", "there is no kind of data set 'emojy:'; did you mean 'emoji:'?")]
    [InlineData("embed --model icon-clip --out out --data coloured-icons:de", "'coloured-icons' has no languages")]
    [InlineData("embed --model icon-clip --out out --data icons:lucide --image-folder .", "leave out --image-folder")]
    [InlineData("embed --model icon-clip --out out --data emoji --image-folder .", "leave out --image-folder")]
    [InlineData("embed --model icon-clip --out out --images emoji", "--images emoji: data sets that are known by name go with --data")]
    public void Names_that_are_none_are_wrong_usage(string command, string expected)
    {
        CommandLineRun run = CommandLineRun.Of(command.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(run.Output);
        Assert.False(Directory.Exists("out"));
    }

    [Fact]
    public void Stamps_of_a_folder_are_embedded_in_a_language()
    {
        using var folder = new TemporaryFolder();
        byte[] red = PngFile.Encode([255, 0, 0], 1, 1);
        foreach ((string name, string text) in ((string, string)[])[("frog", "A frog.\nde.utf8=Ein Frosch.\n"), ("hat", "A hat.\n")])
        {
            folder.Write($"stamps-{name}.png", red);
            File.WriteAllText(folder[$"stamps-{name}.txt"], text);
        }

        CommandLineRun run = Embed(folder, "stamps:de", "--image-folder", folder.Path);
        Assert.Equal((1, 1), (run.Json.GetProperty("images").GetInt32(), run.Json.GetProperty("texts").GetInt32()));
        CommandLineRun none = Embed(folder, "stamps:fr", "--image-folder", folder.Path);
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("'stamps' has no captions in 'fr'", none.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Captions_beside_pictures_are_embedded_and_pictures_without_one_are_bad_samples()
    {
        using var folder = new TemporaryFolder();
        byte[] red = PngFile.Encode([255, 0, 0], 1, 1);
        Directory.CreateDirectory(folder["set/00000"]);
        for (int i = 0; i < 3; i++) folder.Write($"set/00000/{i}.png", red);
        File.WriteAllText(folder["set/00000/0.de.txt"], "eins\nein anderes\n");
        File.WriteAllText(folder["set/00000/1.de.txt"], "zwei");
        File.WriteAllText(folder["set/00000/1.en.txt"], "two");
        CommandLineRun german = Embed(folder, $"files:{folder["set"]}:de", "--max-bad", "1");
        Assert.Equal((2, 3, 1), (german.Json.GetProperty("images").GetInt32(), german.Json.GetProperty("texts").GetInt32(),
            german.Json.GetProperty("bad_samples").GetInt32()));
        Assert.Contains("00000/2.png\t", File.ReadAllText(folder["out/bad-samples.log"]), StringComparison.Ordinal);
        CommandLineRun several = Embed(folder, folder["set"]);
        Assert.Equal(1, several.ExitCode);
        Assert.Contains("it has them in 2 languages, de, en; name one: files:", several.ErrorLine, StringComparison.Ordinal);
        CommandLineRun strict = Embed(folder, $"files:{folder["set"]}:en", "--max-bad", "0");
        Assert.Equal(1, strict.ExitCode);
        Assert.Contains("too many bad samples", strict.Error, StringComparison.Ordinal);
    }

    private static CommandLineRun Embed(TemporaryFolder folder, string data, params string[] more)
    {
        if (Directory.Exists(folder["out"])) Directory.Delete(folder["out"], recursive: true);
        return CommandLineRun.Of(["embed", "--model", "icon-clip", "--data", data, "--out", folder["out"], "--json", .. more]);
    }
}
