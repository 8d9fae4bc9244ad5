using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Cli.Verbs;
using CsAligner.Studies.Sweeps;
using CsAligner.Tensors;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Every option of <c>align</c>, new ones too, through the command line, the library, JSON and recipes.</summary>
public class AlignOptionsTests
{
    private static readonly string[] NoTexts = [];

    // Of every option a value that is not its default, and values just outside of its range.
    private static readonly Dictionary<string, (string Other, string[] Outside)> Values = new()
    {
        ["objective"] = ("cs+sinkhorn+siglip", ["kl+js", "cs+cs", "raw+cs"]),
        ["train"] = ("image", ["none", "Text"]),
        ["adapter"] = ("transformer", ["lora"]),
        ["adapter_size"] = ("65536", ["0", "65537"]),
        ["adapter_layers"] = ("64", ["0", "65"]),
        ["start"] = ("mean-shift", ["mean", "Identity"]),
        ["bandwidth"] = ("within*0.123456789012345", ["0", "within*0", "within*", "mean"]),
        ["bandwidth_factors"] = ("0.25 1 3.5", ["0", "-1"]),
        ["estimator"] = ("nystrom", ["nyström"]),
        ["features"] = ("4096", ["15", "4097"]),
        ["token_weight"] = ("1000", ["-0.001", "1000.001"]),
        ["similarity_weight"] = ("0.5", ["-0.001", "1000.001"]),
        ["lambda"] = ("0", ["-0.001", "1000.001"]),
        ["temperature"] = ("0.01", ["0.009", "10.001"]),
        ["learn_temperature"] = ("true", NoTexts),
        ["epochs"] = ("1000000", ["0", "1000001", "1.5"]),
        ["batch_size"] = ("2", ["1", "1048577"]),
        ["unpaired_ratio"] = ("0.3333333333333333", ["0.009", "1000.001"]),
        ["all_captions"] = ("true", NoTexts),
        ["chunk_size"] = ("2147483647", ["0", "2147483648"]),
        ["lr"] = ("1E-05", ["0", "1.001"]),
        ["weight_decay"] = ("10", ["-0.001", "10.001"]),
        ["warmup"] = ("1", ["-0.001", "1.001"]),
        ["final_lr_share"] = ("0.25", ["-0.001", "1.001"]),
        ["max_grad_norm"] = ("none", ["0", "-1"]),
        ["interpolation"] = ("0.5", ["0", "1.001"]),
        ["val_fraction"] = ("0", ["-0.001", "0.501"]),
        ["seed"] = ("18446744073709551615", ["-1", "18446744073709551616"]),
    };

    public static TheoryData<string> Keys => [.. AlignmentOptionList.All.Select(option => option.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_option_survives_command_line_library_json_and_recipe(string key)
    {
        AlignmentOption option = AlignmentOptionList.Get(key);
        string text = Values[key].Other;
        Assert.NotEqual(option.Default, text);
        AlignmentOptions given = ReadLine([.. key == "features" ? ["--estimator", "nystrom"] : NoTexts, .. Arguments(option, text)]);
        Assert.Equal(text, option.Text(given));
        AssertSame(given, AlignmentOptions.ReadJson(JsonDocument.Parse(Json(given)).RootElement));
        AssertSame(given, ReadRecipe(Json(given)));
        AlignmentOptions start = key == "features" ? new() { Estimator = new() } : new();
        AssertSame(given, option.Read(start, text));
        Assert.Equal(key == "features" ? 2 : 1,
            AlignmentOptionList.All.Count(each => each.Text(given) != each.Default));
    }

    [Fact]
    public void All_options_survive_together()
    {
        AlignmentOptions given = ReadLine([.. AlignmentOptionList.All.SelectMany(option => Arguments(option, Values[option.Key].Other))]);
        Assert.All(AlignmentOptionList.All, option => Assert.Equal(Values[option.Key].Other, option.Text(given)));
        AssertSame(given, AlignmentOptions.ReadJson(JsonDocument.Parse(Json(given)).RootElement));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_value_just_outside_of_its_range_is_refused_by_its_name(string key)
    {
        AlignmentOption option = AlignmentOptionList.Get(key);
        var start = new AlignmentOptions { Estimator = new() };
        foreach (string text in Values[key].Outside)
        {
            InputException library = Assert.Throws<AlignmentOptionException>(() => option.Read(start, text));
            Assert.StartsWith($"{option.Property}: expected ", library.Message, StringComparison.Ordinal);
            Assert.Contains($"'{text}'", library.Message, StringComparison.Ordinal);

            CommandLineRun line = CommandLineRun.Stopped(["align", "--images", "x", "--texts", "y", "--out", "z", option.Flag, text]);
            Assert.Equal((2, ""), (line.ExitCode, line.Output));
            Assert.StartsWith($"csalign: {option.Flag}: expected ", line.Error, StringComparison.Ordinal);
            Assert.Contains($"'{text}'", line.Error, StringComparison.Ordinal);

            bool isNumber = double.TryParse(text, CultureInfo.InvariantCulture, out _);
            string json = option.TakesMany ? $"[{text}]" : isNumber ? text : JsonSerializer.Serialize(text);
            string recipe = Assert.Throws<InputException>(() => ReadRecipe(
                key == "features" ? $$"""{ "estimator": "nystrom", "features": {{json}} }""" : $$"""{ "{{key}}": {{json}} }""")).Message;
            Assert.Contains($"x.json: \"{key}\": expected ", recipe, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--all-captions --learn-temperature", """{"all_captions":true,"learn_temperature":true}""",
        "{all_captions}: the temperature is fixed there; leave {learn_temperature} out")]
    [InlineData("--all-captions --token-weight 1", """{"all_captions":true,"token_weight":1}""",
        "{all_captions}: tokens are compared pair by pair; use one caption a step with {token_weight}")]
    [InlineData("--all-captions --objective cosine", """{"all_captions":true,"objective":"cosine"}""",
        "{all_captions}: the terms of cosine take pairs one by one")]
    [InlineData("--estimator nystrom --bandwidth-factors 1 2", """{"bandwidth_factors":[1,2],"estimator":"nystrom"}""",
        "{bandwidth_factors}: the nystrom estimator takes one bandwidth")]
    [InlineData("--features 64 --estimator exact", """{"features":64,"estimator":"exact"}""",
        "{features} is for {estimator} nystrom: give that, or leave {features} out")]
    public void What_does_not_go_together_is_said_in_the_users_names(string line, string json, string expected)
    {
        CommandLineRun run = CommandLineRun.Of(["align", "--images", "x", "--texts", "y", "--out", "z", .. line.Split(' ')]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"csalign: {Named(option => option.Flag)}", run.ErrorLine, StringComparison.Ordinal);
        string recipe = Assert.Throws<InputException>(() => ReadRecipe(json)).Message;
        Assert.Contains($"x.json: {Named(option => $"\"{option.Key}\"")}", recipe, StringComparison.Ordinal);

        string Named(Func<AlignmentOption, string> name) => AlignmentOptionList.All.Aggregate(expected,
            (text, option) => text.Replace($"{{{option.Key}}}", name(option), StringComparison.Ordinal));
    }

    [Fact]
    public void Help_shows_default_and_range_of_every_option()
    {
        Command align = CommandTree.Leaves.Single(leaf => leaf.Path is ["align"]).Command;
        Assert.All(AlignmentOptionList.All, declared =>
        {
            Option option = align.Options.Single(each => each.Name == declared.Flag);
            Assert.StartsWith(declared.Help, option.Description, StringComparison.Ordinal);
            if (option.HelpName != string.Join('|', declared.Words))
                Assert.Contains(declared.Range, option.Description, StringComparison.Ordinal);
        });
        string[] help = CommandLineRun.At(10_000, "align", "--help").Output.Split('\n');
        Assert.All(AlignmentOptionList.All.Where(option => !option.IsSwitch && option.Default.Length > 0), option => Assert.Single(help,
            line => line.StartsWith($"  {option.Flag} ", StringComparison.Ordinal)
                && line.TrimEnd().EndsWith($"[default: {option.Default}]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--bandwidth", "medan", "or auto, got 'medan'; did you mean 'median'?")]
    [InlineData("--bandwidth", "atuo", "or auto, got 'atuo'; did you mean 'auto'?")]
    [InlineData("--lambda", "Auto", "expected a number of 0 to 1000 or auto, got 'Auto'; did you mean 'auto'?")]
    [InlineData("--epochs", "auto", "--epochs: expected a whole number of 1 to 1000000, got 'auto'")]
    public void Only_what_can_be_chosen_takes_auto(string option, string value, string expected)
    {
        CommandLineRun run = CommandLineRun.Stopped(["align", "--images", "x", "--texts", "y", "--out", "z", option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_be_chosen_takes_auto_and_a_later_value_of_a_recipe_counts()
    {
        foreach (AlignmentOption option in AlignmentOptionList.All.Where(option => option.IsChoosable))
        {
            Assert.Equal(option.Default, option.Text(ReadLine([option.Flag, "auto"])));
            CommandLineRun run = CommandLineRun.Stopped(["align", "--images", "x", "--texts", "y", "--out", "z", option.Flag, "auto"]);
            Assert.Equal(130, run.ExitCode);
        }

        SweepCell[] cells = [.. Recipe("""
            "options": { "lambda": "auto", "bandwidth": "auto" },
            "cases": [{ "name": "a", "lambda": 2 }, { "name": "b", "bandwidth": "median" }]
            """).Cells];
        Assert.Equal([(true, false), (false, true)], cells.Select(cell => (cell.AutomaticBandwidth, cell.AutomaticLambda)));
        Assert.Equal((2, "median"), (cells[0].Options.Lambda, cells[1].Options.Bandwidth.ToString()));
    }

    [Fact]
    public void A_shell_is_offered_the_words_of_options()
    {
        Assert.Equal(["barycentre", "identity", "matching", "mean-shift", "regression"], Suggested("csalign align --start "));
        Assert.Contains("transformer", Suggested("csalign align --adapter "));
        Assert.Contains("sinkhorn", Suggested("csalign align --objective "));
        Assert.Contains("auto", Suggested("csalign align --bandwidth "));

        static string[] Suggested(string line) => CommandLineRun.Of($"[suggest:{line.Length}]", line).Output.Split('\n',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static string[] Arguments(AlignmentOption option, string text) =>
        option.IsSwitch ? [option.Flag] : [option.Flag, .. text.Split(' ')];

    private static AlignmentOptions ReadLine(string[] arguments)
    {
        var options = new AlignOptions();
        var command = new Command("align");
        options.AddTo(command);
        return options.Read(command.Parse(arguments));
    }

    private static AlignmentOptions ReadRecipe(string options) => Assert.Single(Recipe($"\"options\": {options}").Cells).Options;

    private static SweepRecipe Recipe(string more)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.json"],
            $$"""{ "name": "x", "data": { "images": "x.npy", "texts": "y.npy", "folds": 3 }, {{more}} }""");
        return SweepRecipe.Read(folder["x.json"]);
    }

    private static string Json(AlignmentOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) options.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void AssertSame(AlignmentOptions expected, AlignmentOptions actual)
    {
        Assert.All(AlignmentOptionList.All, option => Assert.Equal(option.Text(expected), option.Text(actual)));
        Assert.Equal(Json(expected), Json(actual));
    }
}
