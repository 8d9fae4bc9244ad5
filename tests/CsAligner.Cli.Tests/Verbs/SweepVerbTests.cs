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
    private static string[] Metrics(string[] lines) =>
        [.. lines.Select(line => string.Join(',', line.Split(',') is var fields ? [.. fields[..^4], .. fields[^2..]] : fields))
            .Order(StringComparer.Ordinal)];

    private static string Save(TemporaryFolder folder, string recipe)
    {
        double[][] rows = FeatureFiles.Cloud(4, 60, 8, 0.5);
        string images = FeatureFiles.Save(folder, "images.npy", rows),
            texts = FeatureFiles.Save(folder, "texts.npy", FeatureFiles.Partner(5, rows, 0.3, -1));
        File.WriteAllText(folder["recipe.json"],
            recipe.Replace("IMAGES", images, StringComparison.Ordinal).Replace("TEXTS", texts, StringComparison.Ordinal));
        return folder["recipe.json"];
    }
}
