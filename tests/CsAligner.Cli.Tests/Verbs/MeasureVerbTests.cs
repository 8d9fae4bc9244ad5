using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class MeasureVerbTests
{
    internal static readonly string[] Keys =
    [
        "rows_x", "rows_y", "dim", "bandwidth", "cs_divergence", "cs_divergence_off_diagonal", "mmd", "frechet", "centroid_gap",
        "alignment", "uniformity_x", "uniformity_y", "mean_cosine_pairs", "mean_cosine_others",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_key_has_the_value_of_its_definition(bool raw)
    {
        using var folder = new TemporaryFolder();
        double[][] x = FeatureFiles.Cloud(1, 60, 2, 1);
        double[][] y = FeatureFiles.Partner(2, x, 0.3, 0.4);
        string[] line =
            ["measure", FeatureFiles.Save(folder, "x.npy", x), FeatureFiles.Save(folder, "y.npy", y), "--bandwidth", "0.7", "--json"];
        CommandLineRun run = CommandLineRun.Of(raw ? [.. line, "--raw"] : line);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(Keys, run.Json.EnumerateObject().Select(property => property.Name));
        if (!raw)
            (x, y) = (NaiveMeasures.Normalise(x), NaiveMeasures.Normalise(y));

        var naive = new NaiveMeasures(x, y, 0.7);
        Assert.Equal(60, run.Json.GetProperty("rows_x").GetInt32());
        Assert.Equal(60, run.Json.GetProperty("rows_y").GetInt32());
        Assert.Equal(2, run.Json.GetProperty("dim").GetInt32());
        void Near(string key, double expected) =>
            Assert.Equal(expected, run.Json.GetProperty(key).GetDouble(), Math.Max(1e-5 * Math.Abs(expected), 1e-7));
        Near("bandwidth", 0.7);
        Near("cs_divergence", naive.CauchySchwarz(offDiagonal: false));
        Near("cs_divergence_off_diagonal", naive.CauchySchwarz(offDiagonal: true));
        Near("mmd", naive.Mmd);
        Near("frechet", naive.Frechet);
        Near("centroid_gap", naive.CentroidGap);
        Near("alignment", naive.Alignment);
        Near("uniformity_x", NaiveMeasures.Uniformity(x));
        Near("uniformity_y", NaiveMeasures.Uniformity(y));
        Near("mean_cosine_pairs", naive.MeanCosinePairs);
        Near("mean_cosine_others", naive.MeanCosineOthers);
    }

    // The limit of a wide kernel: D_CS and MMD^2 are the squared gap over sigma^2, in one piece and streamed.
    [Theory]
    [InlineData("1e16")]
    [InlineData("1e100")]
    [InlineData("1e300")]
    public void A_wide_bandwidth_has_its_limit(string sigma)
    {
        using var folder = new TemporaryFolder();
        double[][] x = FeatureFiles.Cloud(1, 30, 5, 1);
        string[] line =
            ["measure", FeatureFiles.Save(folder, "x.npy", x), FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(2, 21, 5, 0.2)),
                "--bandwidth", sigma, "--json"];
        foreach (string[] way in (string[][])[line, [.. line, "--raw"], [.. line, "--memory", "1G"]])
        {
            JsonElement json = CommandLineRun.Of(way).Json;
            double over = json.GetProperty("centroid_gap").GetDouble() / json.GetProperty("bandwidth").GetDouble(), expected = over * over;
            Assert.Equal(expected, json.GetProperty("cs_divergence").GetDouble(), 1e-6 * expected);
            Assert.Equal(expected, json.GetProperty("mmd").GetDouble(), 1e-6 * expected);
        }

        CommandLineRun estimate = CommandLineRun.Of([.. line, "--estimator", "nystrom"]);
        Assert.Equal(1, estimate.ExitCode);
        Assert.Contains("or less", estimate.ErrorLine);
    }

    [Fact]
    public void A_bandwidth_that_is_too_small_is_refused_with_the_least()
    {
        using var folder = new TemporaryFolder();
        string[] line =
            ["measure", FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(1, 30, 5, 1)),
                FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(2, 21, 5, 0.2)), "--json", "--bandwidth"];
        CommandLineRun refused = CommandLineRun.Of([.. line, "1e-300"]);
        Assert.Equal(1, refused.ExitCode);
        string least = System.Text.RegularExpressions.Regex.Match(refused.ErrorLine, "give ([^ ]+) or more").Groups[1].Value;
        Assert.True(double.IsFinite(CommandLineRun.Of([.. line, least]).Json.GetProperty("cs_divergence").GetDouble()));
    }

    [Fact]
    public void The_bandwidth_is_a_number_the_median_or_the_spread_within()
    {
        using var folder = new TemporaryFolder();
        double[][] x = FeatureFiles.Cloud(3, 31, 4, 0);
        double[][] y = FeatureFiles.Cloud(4, 20, 4, 2);
        string pathX = FeatureFiles.Save(folder, "x.npy", x);
        string pathY = FeatureFiles.Save(folder, "y.npy", y);
        double Bandwidth(params string[] more) =>
            CommandLineRun.Of(["measure", pathX, pathY, "--raw", "--json", .. more]).Json.GetProperty("bandwidth").GetDouble();

        double within = (NaiveMeasures.Median(x) + NaiveMeasures.Median(y)) / 2;
        Assert.Equal(NaiveMeasures.Median([.. x, .. y]), Bandwidth("--bandwidth", "median"), 1e-5);
        Assert.Equal(0.5 * within, Bandwidth("--bandwidth", "within*0.5"), 1e-5);
        Assert.Equal(0.35 * within, Bandwidth(), 1e-5);
    }

    [Fact]
    public void Keys_of_pairs_are_null_when_the_rows_differ()
    {
        using var folder = new TemporaryFolder();
        string x = FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(5, 5, 3, 1));
        string y = FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(6, 4, 3, 1));
        JsonElement json = CommandLineRun.Of("measure", x, y, "--json").Json;
        Assert.Equal(Keys, json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(["alignment", "mean_cosine_pairs", "mean_cosine_others"], Nulls(json));
    }

    [Fact]
    public void Keys_that_need_two_rows_are_null_for_one()
    {
        using var folder = new TemporaryFolder();
        string x = FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(5, 1, 3, 1));
        string y = FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(6, 1, 3, 1));
        JsonElement json = CommandLineRun.Of("measure", x, y, "--bandwidth", "1", "--json").Json;
        Assert.Equal(["cs_divergence_off_diagonal", "frechet", "uniformity_x", "uniformity_y", "mean_cosine_others"], Nulls(json));
        CommandLineRun run = CommandLineRun.Of("measure", x, y, "--bandwidth", "within*0.35");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("at least 2 rows", run.ErrorLine);
    }

    [Fact]
    public void Without_json_a_table_names_the_bandwidth_beside_every_divergence()
    {
        using var folder = new TemporaryFolder();
        string x = FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(1, 10, 3, 1));
        CommandLineRun run = CommandLineRun.Of("measure", x, x, "--bandwidth", "0.25");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("10 x 3", run.Output);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        string[] divergences = [.. run.Output.Split('\n').Where(line => line.Contains("D_CS", StringComparison.Ordinal))];
        Assert.Equal(2, divergences.Length);
        Assert.All(divergences, line => Assert.Contains("sigma = 0.25", line));
    }

    [Fact]
    public void Input_that_cannot_be_used_is_one_line_and_exit_1()
    {
        using var folder = new TemporaryFolder();
        string good = FeatureFiles.Save(folder, "good.npy", FeatureFiles.Cloud(1, 10, 3, 1));
        string wide = FeatureFiles.Save(folder, "wide.npy", FeatureFiles.Cloud(1, 10, 4, 1));
        Npy.Write(folder["nan.npy"], Tensor.From([1, 2, 3, 4, float.NaN, 6], 2, 3));
        Npy.Write(folder["zero.npy"], Tensor.From([1f, 2, 3, 0, 0, 0], 2, 3));
        File.WriteAllBytes(folder["empty.npy"], []);
        File.WriteAllBytes(folder["cut.npy"], File.ReadAllBytes(good)[..200]);
        void Refused(string x, string y, params string[] expected)
        {
            CommandLineRun run = CommandLineRun.Of("measure", x, y, "--json");
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.All(expected, part => Assert.Contains(part, run.ErrorLine));
            Assert.StartsWith("csalign: ", run.ErrorLine);
        }

        Refused(good, folder["missing.npy"], "missing.npy", "no such file");
        Refused(good, folder["empty.npy"], "empty.npy", "empty");
        Refused(good, folder["cut.npy"], "cut.npy", "cut off");
        Refused(folder["nan.npy"], good, "nan.npy", "row 1", "NaN");
        Refused(good, folder["zero.npy"], "zero.npy", "row 1", "zeros");
        Refused(good, wide, "good.npy", "wide.npy", "3", "4");
        Refused(good, folder.Path, folder.Path, "feature set");
    }

    [Theory]
    [InlineData("--bandwidth", "wide")]
    [InlineData("--bandwidth", "-1")]
    [InlineData("--bandwidth", "within*0")]
    [InlineData("--seed", "x")]
    [InlineData("--estimator", "guess")]
    [InlineData("--features", "8")]
    [InlineData("--memory", "lots")]
    [InlineData("--memory", "0")]
    [InlineData("--memory", "9999999999G")]
    public void A_value_out_of_its_range_is_wrong_usage(string option, string value)
    {
        CommandLineRun run = CommandLineRun.Of("measure", "x.npy", "y.npy", option, value);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(option.TrimStart('-'), run.Error);
    }

    [Fact]
    public void Within_little_memory_the_result_is_the_same()
    {
        using var folder = new TemporaryFolder();
        string x = FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(1, 300, 6, 1)),
            y = FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(2, 300, 6, 1));
        JsonElement whole = CommandLineRun.Of("measure", x, y, "--json").Json;
        CommandLineRun run = CommandLineRun.Of("measure", x, y, "--json", "--memory", "300M", "--state", folder["state.json"]);
        Assert.Equal(whole.EnumerateObject().Select(p => p.Name), run.Json.EnumerateObject().Select(p => p.Name));
        foreach (JsonProperty property in whole.EnumerateObject())
            Assert.Equal(property.Value.GetDouble(), run.Json.GetProperty(property.Name).GetDouble(),
                1e-6 * Math.Max(1, Math.Abs(property.Value.GetDouble())));
        Assert.Contains("pairs of blocks", run.Error);
        Assert.False(File.Exists(folder["state.json"]));
        File.WriteAllText(folder["state.json"], "{}");
        CommandLineRun refused = CommandLineRun.Of("measure", x, y, "--json", "--state", folder["state.json"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("state.json", refused.Error);
        Assert.Equal(2, CommandLineRun.Of("measure", x, y, "--memory", "1G", "--estimator", "nystrom").ExitCode);
        Assert.Contains("; raise it", CommandLineRun.Of("measure", x, y, "--memory", "10M").ErrorLine);
    }

    [Fact]
    public void An_estimate_says_what_it_is_and_how_far_it_may_be_off()
    {
        using var folder = new TemporaryFolder();
        string x = FeatureFiles.Save(folder, "x.npy", FeatureFiles.Cloud(1, 900, 6, 1)),
            y = FeatureFiles.Save(folder, "y.npy", FeatureFiles.Cloud(2, 700, 6, 1));
        JsonElement exact = CommandLineRun.Of("measure", x, y, "--json").Json;
        JsonElement estimate = CommandLineRun.Of("measure", x, y, "--json", "--estimator", "nystrom", "--features", "64").Json;
        Assert.Equal(("nystrom", 64), (estimate.GetProperty("estimator").GetString(), estimate.GetProperty("features").GetInt32()));
        double error = estimate.GetProperty("cs_divergence_standard_error").GetDouble();
        Assert.InRange(error, 1e-9, 0.05);
        foreach (string key in (string[])["cs_divergence", "cs_divergence_off_diagonal"])
            Assert.Equal(exact.GetProperty(key).GetDouble(), estimate.GetProperty(key).GetDouble(), (5 * error) + 1e-5);
        foreach (string key in (string[])["mmd", "uniformity_x", "uniformity_y"])
            Assert.Equal(exact.GetProperty(key).GetDouble(), estimate.GetProperty(key).GetDouble(), 0.01);
        foreach (string key in (string[])["frechet", "centroid_gap", "bandwidth"])
            Assert.Equal(exact.GetProperty(key).GetDouble(), estimate.GetProperty(key).GetDouble());
        Assert.False(exact.TryGetProperty("estimator", out _));
        Assert.Contains("±", CommandLineRun.Of("measure", x, y, "--estimator", "nystrom").Output);
    }

    [Fact]
    public void Coco_gives_the_values_of_its_readme()
    {
        string shared = Environment.GetEnvironmentVariable("CSALIGN_SHARED") ?? "";
        Assert.SkipUnless(Directory.Exists(shared), "CSALIGN_SHARED does not name the folder of the measuring data");
        string images = Path.Combine(shared, "data", "clip-coco500", "images.npy");
        string texts = Path.Combine(shared, "data", "clip-coco500", "texts.npy");
        foreach ((string sigma, double expected) in new[] { ("0.1", 129.477356), ("0.5", 3.050472), ("1", 0.733640), ("2", 0.181745) })
        {
            JsonElement json = CommandLineRun.Of("measure", images, texts, "--bandwidth", sigma, "--json").Json;
            Assert.Equal(expected, json.GetProperty("cs_divergence").GetDouble(), 1e-5 * expected);
            Assert.Equal(0.851352, json.GetProperty("centroid_gap").GetDouble(), 1e-6);
            Assert.Equal(0.3099, json.GetProperty("mean_cosine_pairs").GetDouble(), 5e-5);
            Assert.Equal(0.1616, json.GetProperty("mean_cosine_others").GetDouble(), 5e-5);
            if (sigma == "1")
                Assert.Equal(0.731233, json.GetProperty("cs_divergence_off_diagonal").GetDouble(), 1e-5);
        }
    }

    internal static IEnumerable<string> Nulls(JsonElement json) =>
        json.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Null).Select(property => property.Name);
}
