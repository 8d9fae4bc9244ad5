using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Two short runs, made once; each test reports on them or on damaged copies.</summary>
public sealed class ReportVerbTests : IClassFixture<ReportVerbTests.Runs>
{
    private readonly Runs _runs;

    public ReportVerbTests(Runs runs) => _runs = runs;

    [Fact]
    public void Runs_are_compared_on_the_data_given()
    {
        using var folder = new TemporaryFolder();
        CommandLineRun run =
            Report(folder, _runs.Folder["first"], _runs.Folder["second"], "--images", _runs.TestImages, "--texts",
                _runs.TestTexts, "--json");
        Assert.Equal(0, run.ExitCode);
        XDocument page = XDocument.Load(folder["report.html"]);
        Assert.Equal(["options", "results", "maps", "gap", "cosines", "distances", "training", "reading"],
            Sections(page).Select(section => section.Attribute("id")!.Value));

        // What differs stands in the table, what agrees below it.
        XElement options = Section(page, "options");
        Assert.Equal(["Option", "first", "second"], options.Descendants("thead").Single().Descendants("th").Select(cell => cell.Value));
        XElement objective = options.Descendants("tr").Single(row => row.Element("th")?.Value == "objective");
        Assert.Equal(["cs+infonce", "infonce"], objective.Elements("td").Select(cell => cell.Value));
        Assert.DoesNotContain(options.Descendants("tr"), row => row.Element("th")?.Value == "batch_size");
        Assert.Contains("batch_size 2048", options.Value, StringComparison.Ordinal);

        // The numbers are those of apply and evaluate.
        string[] methods =
            [.. Section(page, "results").Descendants("tr").Where(row => row.Attribute("class")?.Value != "set")
                .Select(row => row.Element("th")?.Value ?? "").Where(name => name is "raw" or "first" or "second")];
        Assert.Equal(["raw", "first", "second"], methods);
        Assert.Equal(0,
            CommandLineRun.Of("apply", "--adapter", Path.Combine(_runs.Folder["second"], "image-adapter.safetensors"), _runs.TestImages,
                folder["i.npy"]).ExitCode);
        Assert.Equal(0,
            CommandLineRun.Of("apply", "--adapter", Path.Combine(_runs.Folder["second"], "text-adapter.safetensors"), _runs.TestTexts,
                folder["t.npy"]).ExitCode);
        double expected =
            CommandLineRun.Of("evaluate", "--images", folder["i.npy"], "--texts", folder["t.npy"],
                "--json").Json.GetProperty("cs_divergence_off_diagonal").GetDouble();
        string shown = Section(page, "results").Descendants("tr").Single(row => row.Element("th")?.Value == "second").Descendants()
            .First(cell => cell.Attribute("class")?.Value == "number").Value;
        Assert.Equal(expected,
            double.Parse(Regex.Match(shown.Replace('\u2212', '-'), "-?[0-9.]+").Value, CultureInfo.InvariantCulture), 0.00051);

        JsonElement measured = run.Json.GetProperty("measurements")[2], gap = run.Json.GetProperty("gaps")[2];
        Assert.Equal("second", measured.GetProperty("method").GetString());
        Assert.Equal(expected, measured.GetProperty("cs_divergence_off_diagonal").GetDouble(), 1e-6);
        Assert.Equal(expected, gap.GetProperty("centroid_part").GetDouble() + gap.GetProperty("distribution_part").GetDouble(), 1e-6);

        Assert.Equal(2 * 3, Section(page, "maps").Descendants("svg").Count());
        Assert.Equal(3, Section(page, "gap").Descendants("tbody").Elements("tr").Count());
        Assert.Equal(3, Section(page, "distances").Descendants("svg").Count());
        Assert.All(Section(page, "training").Descendants("svg"),
            chart => Assert.Contains(chart.Descendants("path"),
                path => path.Attribute("class")!.Value.StartsWith("curve", StringComparison.Ordinal)));
        Assert.DoesNotMatch(new Regex("https?:|<script|@import|url\\(", RegexOptions.IgnoreCase), File.ReadAllText(folder["report.html"]));
    }

    [Fact]
    public void Without_features_runs_are_measured_on_their_own_where_those_still_are()
    {
        using var folder = new TemporaryFolder();
        CommandLineRun own = Report(folder, _runs.Folder["first"]);
        Assert.Equal((0, ""), (own.ExitCode, own.Output));
        Assert.Contains("its training data, which flatters", File.ReadAllText(folder["report.html"]), StringComparison.Ordinal);
        Assert.NotEmpty(Section(XDocument.Load(folder["report.html"]), "results").Descendants("td"));

        string moved = Copy(folder, "moved", json => json.Replace("/images.npy", "/gone.npy", StringComparison.Ordinal));
        CommandLineRun gone = Report(folder, moved);
        Assert.Equal(0, gone.ExitCode);
        Assert.Contains("moved: not evaluated", gone.Error, StringComparison.Ordinal);
        Assert.Equal(["options", "training", "reading"],
            Sections(XDocument.Load(folder["report.html"])).Select(section => section.Attribute("id")!.Value));
    }

    [Fact]
    public void What_trained_inside_of_the_encoder_is_left_to_its_curves()
    {
        using var folder = new TemporaryFolder();
        string lora =
            Copy(folder, "lora", json => json.Replace("\"inputs\": {", "\"inputs\": { \"lora\": \"text:r=8\",", StringComparison.Ordinal));
        CommandLineRun run =
            Report(folder, _runs.Folder["first"], lora, "--images", _runs.TestImages, "--texts", _runs.TestTexts, "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("lora: not evaluated: it trained inside the encoder", run.Error, StringComparison.Ordinal);
        Assert.Equal(["raw", "first"],
            run.Json.GetProperty("measurements").EnumerateArray().Select(cell => cell.GetProperty("method").GetString()!));
    }

    [Fact]
    public void The_automatic_choice_is_shown_as_a_heat_map()
    {
        using var folder = new TemporaryFolder();
        const string Cells = """
            "automatic_choice": [{"bandwidth": "within*0.3", "lambda": 0.1, "cs_divergence_off_diagonal": 0.4, "mean_r1": 0.5},
              {"bandwidth": "within*0.3", "lambda": 1, "cs_divergence_off_diagonal": 0.3, "mean_r1": 0.6}, {"bandwidth": "median", "lambda": 1, "cs_divergence_off_diagonal": null, "mean_r1": 0.6}],
            "training_pairs"
            """;
        string chosen = Copy(folder, "chosen", json => json.Replace("\"training_pairs\"", Cells, StringComparison.Ordinal));
        Assert.Equal(0, Report(folder, chosen, "--images", _runs.TestImages, "--texts", _runs.TestTexts).ExitCode);
        XElement choice = Section(XDocument.Load(folder["report.html"]), "choice");
        Assert.Equal(["0.400", "0.300", "–", "–"],
            choice.Descendants("text").Where(text => text.Attribute("class")!.Value.StartsWith("value", StringComparison.Ordinal))
                .Select(text => text.Value));
    }

    [Fact]
    public void Names_tell_folders_apart_and_hostile_ones_stay_text()
    {
        using var folder = new TemporaryFolder();
        string first = Copy(folder, "a/<script>&\"run'", json => json), second = Copy(folder, "b/<script>&\"run'", json => json);
        Assert.Equal(0, Report(folder, first, second, "--images", _runs.TestImages, "--texts", _runs.TestTexts).ExitCode);
        XDocument page = XDocument.Load(folder["report.html"]);
        Assert.Equal(["Option", "a/<script>&\"run'", "b/<script>&\"run'"],
            Section(page, "options").Descendants("thead").Single().Descendants("th").Select(cell => cell.Value));
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName == "script");
    }

    [Fact]
    public void Bad_runs_are_one_clear_line()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["empty"]);
        Fails("not a run: it has no run.json", Report(folder, _runs.Folder["first"], folder["empty"]));
        Fails("there is no such folder; RUN takes a folder that csalign align wrote", Report(folder, folder["nowhere"]));
        Fails("is not JSON", Report(folder, Copy(folder, "cut", json => json[..(json.Length / 2)])));
        Fails("is not JSON",
            Report(folder,
                Copy(folder, "half a letter",
                    json => json.Replace("\"options\": {", "\"options\": { \"x\": \"\\ud800\",", StringComparison.Ordinal))));
        Fails("is not JSON", Report(folder, Copy(folder, "twice", _ => "{\"options\": {}, \"epochs\": [{\"loss\": 1, \"loss\": 2}]}")));
        Fails("has no \"options\"", Report(folder, Copy(folder, "other", _ => "{\"metrics\": []}")));
        Fails("has no \"options\"", Report(folder, Copy(folder, "list", _ => "[1, 2]")));
        Fails("has no \"epochs\"", Report(folder, Copy(folder, "old", _ => "{\"options\": {}}")));
        Fails("epoch that is not an object", Report(folder, Copy(folder, "odd", _ => "{\"options\": {}, \"epochs\": [1]}")));

        string narrow = FeatureFiles.Save(folder, "narrow.npy", FeatureFiles.Cloud(3, 9, 4, 0));
        Fails("takes rows of 12 values, but the features have 4", Report(folder, _runs.Folder["first"], "--images", narrow, "--texts",
            narrow));
        string without = Copy(folder, "without", json => json);
        File.Delete(Path.Combine(without, "text-adapter.safetensors"));
        Fails("text-adapter.safetensors", Report(folder, without, "--images", _runs.TestImages, "--texts", _runs.TestTexts));
        Assert.False(File.Exists(folder["report.html"]));
    }

    [Fact]
    public void Options_that_do_not_go_together_are_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        CommandLineRun run = Report(folder, _runs.Folder["first"], "--images", _runs.TestImages);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--images and --texts go together", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, Report(folder, _runs.Folder["first"], "--pairs", "p.npy").ExitCode);
        Assert.Equal(2, CommandLineRun.Of("report", "--out", folder["report.html"]).ExitCode);
    }

    private static CommandLineRun Report(TemporaryFolder folder, params string[] arguments) =>
        CommandLineRun.Of(["report", .. arguments, "--out", folder["report.html"]]);

    private static void Fails(string expected, CommandLineRun run)
    {
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("mistake in csalign", run.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<XElement> Sections(XDocument page) => page.Descendants("section");

    private static XElement Section(XDocument page, string id) => Sections(page).Single(section => section.Attribute("id")!.Value == id);

    private string Copy(TemporaryFolder folder, string name, Func<string, string> change)
    {
        string copy = folder[name];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(_runs.Folder["first"]))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        string json = Path.Combine(copy, "run.json");
        File.WriteAllText(json, change(File.ReadAllText(json)));
        return copy;
    }

    /// <summary>The runs and the data.</summary>
    public sealed class Runs : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Runs()
        {
            double[][] images = FeatureFiles.Cloud(1, 160, 12, 0.4), texts = FeatureFiles.Partner(2, images, 0.4, -0.8);
            string trainImages = FeatureFiles.Save(_folder, "images.npy", images[..120]),
                trainTexts = FeatureFiles.Save(_folder, "texts.npy", texts[..120]);
            TestImages = FeatureFiles.Save(_folder, "test-images.npy", images[120..]);
            TestTexts = FeatureFiles.Save(_folder, "test-texts.npy", texts[120..]);
            foreach ((string name, string objective) in new[] { ("first", "cs+infonce"), ("second", "infonce") })
            {
                CommandLineRun run = CommandLineRun.Of(
                    "align", "--images", trainImages, "--texts", trainTexts, "--out", _folder[name], "--objective", objective, "--epochs",
                    "4", "--val-fraction", "0");
                if (run.ExitCode != 0) throw new InvalidOperationException(run.Error);
            }
        }

        internal TemporaryFolder Folder => _folder;

        internal string TestImages { get; }

        internal string TestTexts { get; }

        public void Dispose() => _folder.Dispose();
    }
}
