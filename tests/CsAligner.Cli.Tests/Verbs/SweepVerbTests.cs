using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Sweeps of given features; those of icons are run by the ablations themselves.</summary>
public class SweepVerbTests
{
    private const string Grid = """
        {
          "name": "small", "title": "A small grid", "findings": "It says something.",
          "data": { "images": "IMAGES", "texts": "TEXTS", "folds": 3 },
          "options": { "epochs": 2, "adapter": "linear" },
          "grid": { "bandwidth": ["within*0.3", "median"], "lambda": [0.2, 1] },
          "seeds": [0, 1], "heat_map": true, "automatic": true
        }
        """;

    [Fact]
    public void A_grid_becomes_a_table_and_a_picture_and_is_not_run_twice()
    {
        using var folder = new TemporaryFolder();
        string recipe = Save(folder, Grid);
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"], "--json");
        Assert.Equal(0, run.ExitCode);

        // Four cells and the automatic choice under two seeds; the folds of a run are one result.
        Assert.Equal(10, run.Json.GetProperty("results").GetArrayLength());
        string csv = File.ReadAllText(folder["out/results.csv"]), table = File.ReadAllText(folder["out/results.md"]);
        Assert.Equal(11, csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("| bandwidth | lambda | D_CS |", table);
        Assert.Contains("| within*0.3 | 0.2 |", table);
        Assert.Contains("| auto | auto |", table);
        Assert.Contains("The automatic choice: D_CS", table);
        Assert.Contains("It says something.", table);
        Assert.Contains(" ± ", table);
        Assert.Contains("within*0.3", File.ReadAllText(folder["out/heat-map.svg"]));

        // What one line lacks is run again, and nothing else.
        string[] lines = File.ReadAllLines(folder["out/results.csv"]);
        File.WriteAllLines(folder["out/results.csv"], lines.Where((_, i) => i != 3));
        CommandLineRun again = CommandLineRun.Of("sweep", recipe, "--out", folder["out"]);
        Assert.Contains("9 of 10 runs are already done", again.Error);
        Assert.Equal(Metrics(lines), Metrics(File.ReadAllLines(folder["out/results.csv"])));
    }

    [Fact]
    public void Cases_have_options_of_their_own_and_shares_of_the_pairs()
    {
        using var folder = new TemporaryFolder();
        string recipe = Save(folder, """
            {
              "name": "cases", "data": { "images": "IMAGES", "texts": "TEXTS", "folds": 2 }, "options": { "epochs": 2, "adapter_size": 4 },
              "cases": [
                { "name": "raw", "objective": "raw" }, { "name": "half", "pairs_fraction": 0.5 },
                { "name": "half, rest unpaired", "pairs_fraction": 0.5, "unpaired_rest": true }, { "name": "MMD", "objective": "mmd+infonce" }
              ]
            }
            """);
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"], "--json");
        Assert.Equal(0, run.ExitCode);
        double Divergence(string cell) =>
            run.Json.GetProperty("results").EnumerateArray().Single(r => r.GetProperty("cell").GetString() == cell)
                .GetProperty("cs_divergence_off_diagonal").GetDouble();
        Assert.True(Divergence("half, rest unpaired") < Divergence("raw"));
        Assert.NotEqual(Divergence("half"), Divergence("half, rest unpaired"));
    }

    [Fact]
    public void Cases_say_what_is_known_of_the_rows_and_baselines_are_fitted_to_the_same()
    {
        using var folder = new TemporaryFolder();
        string recipe = Save(folder, Stretched, """
            {
              "name": "cases", "data": { "images": "IMAGES", "texts": "TEXTS", "folds": 3 },
              "options": { "epochs": 2, "adapter_size": 4, "start": "barycentre" },
              "cases": [
                { "name": "apart, raw", "objective": "raw", "pairs": "apart" }, { "name": "all, raw", "objective": "raw" },
                { "name": "apart, shifted", "objective": "mean-shift", "pairs": "apart" },
                { "name": "own, shifted", "objective": "mean-shift", "pairs": "own" },
                { "name": "all, shifted", "objective": "mean-shift", "pairs": "all" },
                { "name": "apart, trained", "objective": "cs+similarity", "pairs": "apart", "val_fraction": 0 },
                { "name": "few, trained", "objective": "cs+infonce", "pairs": 8, "unpaired": 10 },
                { "name": "ModGap", "objective": "l2+infonce+centroid-uniformity", "lambda": 1 },
                { "name": "apart, coral", "baseline": "coral", "pairs": "apart" },
                { "name": "own, transport", "baseline": "transport", "pairs": "own" },
                { "name": "few, cca", "baseline": "cca", "pairs": 20, "unpaired": 8 }
              ]
            }
            """);
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"], "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        double Of(string cell, string key) =>
            run.Json.GetProperty("results").EnumerateArray().Single(r => r.GetProperty("cell").GetString() == cell)
                .GetProperty(key) is { ValueKind: System.Text.Json.JsonValueKind.Number } value ? value.GetDouble() : double.NaN;
        double Divergence(string cell) => Of(cell, "cs_divergence_off_diagonal");

        // Raw rows are the same whatever is known; a mean is that of the rows that it is taken of.
        Assert.Equal(Divergence("all, raw"), Divergence("apart, raw"));
        Assert.Equal(3, new[] { "apart, shifted", "own, shifted", "all, shifted" }.Select(Divergence).Distinct().Count());
        Assert.True(Of("apart, shifted", "centroid_gap") > Of("own, shifted", "centroid_gap"));
        Assert.All(["apart, trained", "few, trained", "ModGap", "apart, coral", "own, transport"],
            cell => Assert.True(Divergence(cell) < Divergence("all, raw"), cell));

        Assert.All(["mixed_text_query_r10", "mixed_image_query_r10"], key => Assert.All(["own, transport", "all, shifted"],
            cell => Assert.True(Of(cell, key) > Of("all, raw", key) + 0.1, $"{cell}, {key}")));
        Assert.InRange(Of("apart, coral", "baseline_setting"), 4, 64);
        Assert.True(double.IsNaN(Of("all, raw", "baseline_setting")));
        string table = File.ReadAllText(folder["out/results.md"]);
        Assert.Contains("- `coral`: CORAL (arXiv 1511.05547)", table);
        Assert.Contains("Its shrinkage: one of 0.1, 0.3, 0.6, 0.9, 0.97, chosen by the mean of both mixed R@10 of held-out", table);
        Assert.DoesNotContain("- `whitening`", table);
        Assert.Contains("| mixed R@10 t | mixed R@10 i | unif. | gap | trained | setting | s | MiB |", table);
    }

    [Fact]
    public void Rows_without_pairs_tell_nothing_by_their_order()
    {
        using var folder = new TemporaryFolder();
        const string Cases = """
            {
              "name": "cases", "data": { "images": "IMAGES", "texts": "TEXTS", "folds": 2 }, "seeds": [1],
              "cases": [
                { "name": "transport", "baseline": "transport", "pairs": "own" },
                { "name": "barycentre", "objective": "barycentre", "pairs": "own" }
              ]
            }
            """;
        var (rows, texts) = Stretched;

        // The same texts, each in another place of its fold: partners are lost to the measures, and to nothing else.
        double[][] turned = [.. texts[1..30], texts[0], .. texts[31..], texts[30]];
        double[] first = Divergences("a", texts), second = Divergences("b", turned);
        Assert.Equal(2, first.Length);
        for (int i = 0; i < 2; i++) Assert.Equal(first[i], second[i], 1e-4);

        double[] Divergences(string name, double[][] values)
        {
            string images = FeatureFiles.Save(folder, "images.npy", rows), path = FeatureFiles.Save(folder, $"{name}.npy", values);
            File.WriteAllText(folder[$"{name}.json"],
                Cases.Replace("IMAGES", images, StringComparison.Ordinal).Replace("TEXTS", path, StringComparison.Ordinal));
            CommandLineRun run = CommandLineRun.Of("sweep", folder[$"{name}.json"], "--out", folder[name], "--json");
            Assert.True(run.ExitCode == 0, run.Error);
            return [.. run.Json.GetProperty("results").EnumerateArray()
                .Select(r => r.GetProperty("cs_divergence_off_diagonal").GetDouble())];
        }
    }

    [Fact]
    public void Results_from_before_there_were_mixed_columns_are_continued()
    {
        using var folder = new TemporaryFolder();
        string recipe =
            Save(folder, Grid.Replace("\"heat_map\": true, \"automatic\": true", "\"heat_map\": false", StringComparison.Ordinal));
        Assert.Equal(0, CommandLineRun.Of("sweep", recipe, "--out", folder["out"]).ExitCode);
        string path = folder["out/results.csv"];
        string[] lines = File.ReadAllLines(path), columns = lines[0].Split(',');
        int later = Array.IndexOf(columns, "mixed_text_query_r10");
        Assert.Equal("mixed_image_query_r10,baseline_setting", $"{columns[later + 1]},{columns[later + 2]}");

        // Names hold a comma, so columns are counted from the end.
        int behind = columns.Length - later;
        File.WriteAllLines(path, lines[..4].Select(line => string.Join(',', line.Split(',') is var fields
            ? [.. fields[..^behind], .. fields[^(behind - 3)..]] : fields)));
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"], "--json");
        Assert.Contains("3 of 8 runs are already done", run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(8, results.Length);
        Assert.Equal(3, results.Count(r => r.GetProperty("mixed_text_query_r10").ValueKind == System.Text.Json.JsonValueKind.Null));
        Assert.Equal(lines[0], File.ReadAllLines(path)[0]);
        Assert.All(results, r => Assert.True(r.GetProperty("text_to_image_r10").GetDouble() > 0.1));

        File.WriteAllLines(path, lines.Select(line => line.Replace("mean_r1", "r1_mean", StringComparison.Ordinal)));
        Assert.Contains("its columns are not those of this version", CommandLineRun.Of("sweep", recipe, "--out", folder["out"]).ErrorLine);
    }

    [Theory]
    [InlineData("\"seeds\": [0, 1]", "\"sedes\": [0, 1]", "unknown key \"sedes\"")]
    [InlineData("\"folds\": 3", "\"fold\": 3", "\"data\" has the unknown key \"fold\"")]
    [InlineData("\"folds\": 3", "\"folds\": 1", "folds of 2 or more")]
    [InlineData("\"epochs\": 2", "\"epoch\": 2", "no option \"epoch\"")]
    [InlineData("\"epochs\": 2", "\"epochs\": 0", "recipe.json: \"epochs\": expected a whole number of 1 to 1000000, got 0")]
    [InlineData("\"name\": \"small\",", "\"name\": \"small\", \"cases\": [{}],", "recipe.json")]
    [InlineData("\"epochs\": 2", "\"epochs\": \"two\"", "\"epochs\": expected a whole number")]
    [InlineData("\"epochs\": 2", "\"lora\": \"text:modules=head\"", "no module 'head'")]
    [InlineData("\"epochs\": 2", "\"objective\": \"js\"", "got 'js'")]
    [InlineData("\"name\": \"small\",", "", "\"name\" is missing")]
    [InlineData("\"name\": \"small\",", "{", "recipe.json")]
    public void A_bad_recipe_is_one_line(string part, string wrong, string expected)
    {
        using var folder = new TemporaryFolder();
        string recipe = Save(folder, Grid.Replace(part, wrong, StringComparison.Ordinal));
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.ErrorLine);
        Assert.False(File.Exists(folder["out/results.csv"]));
    }

    [Fact]
    public void Results_of_another_recipe_are_not_added_to()
    {
        using var folder = new TemporaryFolder();
        string recipe =
            Save(folder, Grid.Replace("[0, 1]", "[0]", StringComparison.Ordinal)
                .Replace("\"heat_map\": true, \"automatic\": true", "\"heat_map\": false", StringComparison.Ordinal));
        Assert.Equal(0, CommandLineRun.Of("sweep", recipe, "--out", folder["out"]).ExitCode);
        string before = File.ReadAllText(folder["out/results.csv"]);

        // Other words are the same recipe.
        File.WriteAllText(recipe,
            File.ReadAllText(recipe).Replace("It says something.", "It says more.", StringComparison.Ordinal)
                .Replace("[0]", "[ 0 ]", StringComparison.Ordinal));
        Assert.Equal(0, CommandLineRun.Of("sweep", recipe, "--out", folder["out"]).ExitCode);
        Assert.Contains("It says more.", File.ReadAllText(folder["out/results.md"]));
        CommandLineRun run = CommandLineRun.Of("sweep", Save(folder, Grid), "--out", folder["out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the results of another recipe", run.ErrorLine);
        Assert.Equal(before, File.ReadAllText(folder["out/results.csv"]));
        Assert.Contains("no such recipe", CommandLineRun.Of("sweep", folder["none.json"], "--out", folder["out"]).ErrorLine);
    }

    [Fact]
    public void A_damaged_line_of_results_is_named()
    {
        using var folder = new TemporaryFolder();
        string recipe =
            Save(folder, Grid.Replace("[0, 1]", "[0]", StringComparison.Ordinal)
                .Replace("\"heat_map\": true, \"automatic\": true", "\"heat_map\": false", StringComparison.Ordinal));
        Assert.Equal(0, CommandLineRun.Of("sweep", recipe, "--out", folder["out"]).ExitCode);
        string results = folder["out/results.csv"];
        string[] lines = File.ReadAllLines(results);
        lines[1] += "x";
        File.WriteAllLines(results, lines);
        CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("line 2 is damaged", run.ErrorLine);
    }

    [Fact]
    public void Two_sweeps_do_not_share_a_folder()
    {
        using var folder = new TemporaryFolder();
        string recipe = Save(folder, Grid);
        Directory.CreateDirectory(folder["out"]);
        using (OutputLock.OfFolder(folder["out"]))
        {
            CommandLineRun run = CommandLineRun.Of("sweep", recipe, "--out", folder["out"]);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("another csalign is writing", run.ErrorLine);
        }

        Assert.False(File.Exists(folder["out/results.csv"]));
    }

    // Without the seconds and the memory, which are never the same.
    // Names have commas, so columns are counted from the end.
    private static string[] Metrics(string[] lines)
    {
        string[] columns = lines[0].Split(',');
        int seconds = columns.Length - Array.IndexOf(columns, "seconds");
        Assert.Equal("peak_mib", columns[^(seconds - 1)]);
        return
        [
            .. lines.Select(line => line.Split(','))
                .Select(fields => string.Join(',', (string[])[.. fields[..^seconds], .. fields[^(seconds - 2)..]]))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static (double[][] Images, double[][] Texts) Cloud
    {
        get
        {
            double[][] rows = FeatureFiles.Cloud(4, 60, 8, 0.5);
            return (rows, FeatureFiles.Partner(5, rows, 0.3, -1));
        }
    }

    // Both vary most in the same directions, which alignment without pairs asks for.
    private static (double[][] Images, double[][] Texts) Stretched =>
        (Stretch(Cloud.Images), Stretch(Cloud.Texts));

    private static double[][] Stretch(double[][] rows) => [.. rows.Select(row => row.Select((value, d) => value / (1 + d)).ToArray())];

    private static string Save(TemporaryFolder folder, string recipe) => Save(folder, Cloud, recipe);

    private static string Save(TemporaryFolder folder, (double[][] Images, double[][] Texts) rows, string recipe)
    {
        string images = FeatureFiles.Save(folder, "images.npy", rows.Images), texts = FeatureFiles.Save(folder, "texts.npy", rows.Texts);
        File.WriteAllText(folder["recipe.json"],
            recipe.Replace("IMAGES", images, StringComparison.Ordinal).Replace("TEXTS", texts, StringComparison.Ordinal));
        return folder["recipe.json"];
    }
}
