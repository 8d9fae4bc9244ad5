using System.Text.Json;
using CsAligner.Studies.Sweeps;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Sweeps;

/// <summary>The recipes of the published tables: all of them can be read, and a small form of them runs.</summary>
public class AblationTests
{
    public static TheoryData<string> Recipes =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "recipes", "ablations"), "*.json").Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Every_recipe_can_be_read_and_tells_what_it_asks(string file)
    {
        var recipe = SweepRecipe.Read(Path.Combine(Repository.Root, "recipes", "ablations", file));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), recipe.Name);
        Assert.True(recipe.About.Length > 20 && recipe.Cells.Count > 1);
    }

    // Its labels are counted in its text.
    [Fact]
    public void The_study_of_labels_counts_them_right()
    {
        string folder = Path.Combine(Repository.Root, "recipes", "ablations");
        string about = SweepRecipe.Read(Path.Combine(folder, "labelled.json")).About;
        string[][] lines = [.. File.ReadAllLines(Path.Combine(folder, "icon-labels.tsv")).Select(line => line.Split('\t'))];
        Assert.Equal(["lucide", "noto", "tabler"], lines.Select(line => line[0].Split(':')[0]).Distinct());
        foreach (var test in lines.GroupBy(line => line[0].Split(':')[0]))
        {
            int[] sizes = [.. test.CountBy(line => line[1]).Select(each => each.Value)];
            Assert.Contains(
                string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"| {test.Key} | {sizes.Sum()} | {sizes.Length} | {100.0 * sizes.Max() / sizes.Sum():F0}% |"), about);
            Assert.True(sizes.Length >= 10 && sizes.Min() >= 15);
        }
    }

    [Fact]
    public void A_small_form_runs_with_unpaired_rows_tokens_and_LoRA()
    {
        using var folder = new TemporaryFolder();
        string recipe = File.ReadAllText(Path.Combine(Repository.Root, "recipes", "ablations", "ci.json"));
        File.WriteAllText(folder["ci.json"],
            recipe.Replace("models/icon-clip", Path.Combine(Repository.Root, "models", "icon-clip"), StringComparison.Ordinal));
        CommandLineRun run = CommandLineRun.Of("sweep", folder["ci.json"], "--out", folder["out"], "--json");
        Assert.SkipWhen(
            run.ExitCode != 0 && (run.Error.Contains("no network", StringComparison.Ordinal)
                || run.Error.Contains("npm client was not found", StringComparison.Ordinal)),
            "icons are not in the cache and cannot be fetched here");
        Assert.True(run.ExitCode == 0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("cell").GetString()!);
        double Divergence(string cell) => results[cell].GetProperty("cs_divergence_off_diagonal").GetDouble();
        Assert.Equal(5, results.Count);
        Assert.All(["CS + InfoNCE", "half unpaired", "tokens", "LoRA"],
            cell => Assert.True(Divergence(cell) < Divergence("mean-shift"), cell));
        Assert.All(["CS + InfoNCE", "tokens"], cell => Assert.True(results[cell].GetProperty("mean_r1").GetDouble() > 0.3, cell));
        Assert.False(Directory.EnumerateFiles(folder["out"], "checkpoint-*").Any());
        RowsOfTheTestCloseItsOwnGap(folder);
        LabelsAreJudgedBesideTheRest(folder);
        PicturesOfNamesAreJudgedByTheTrueOnes(folder);
    }

    // The same features, and the decoder that ships, which is good enough to tell true embeddings from those of texts.
    private static void PicturesOfNamesAreJudgedByTheTrueOnes(TemporaryFolder folder)
    {
        string model = Path.Combine(Repository.Root, "models", "icon-clip"),
            decoder = Path.Combine(Repository.Root, "models", "icon-decoder");
        File.WriteAllText(folder["pictures.json"], $$"""
            {
              "name": "pictures",
              "data": {
                "model": "{{model}}", "pairs": "icons:validation", "tests": ["icons:lucide"],
                "pictures": { "decoder": "{{decoder}}", "names": 80, "steps": 8, "guidance": 1, "judge": "{{model}}" }
              },
              "options": { "train": "text" },
              "cases": [
                { "name": "raw", "objective": "raw" }, { "name": "closed form", "objective": "barycentre", "pairs": "apart" },
                { "name": "ceiling", "objective": "raw", "true_pictures": true }
              ],
              "seeds": [0, 1]
            }
            """);
        CommandLineRun run = CommandLineRun.Of("sweep", folder["pictures.json"], "--features", folder["out/features"], "--out",
            folder["pictures"], "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        JsonElement[] results = [.. run.Json.GetProperty("results").EnumerateArray()];
        double Of(string cell, string key, int seed = 0) =>
            results.Single(r => r.GetProperty("cell").GetString() == cell
                && r.GetProperty("seed").GetInt32() == seed).GetProperty(key).GetDouble();
        Assert.True(Of("ceiling", "drawn_frechet") < Of("raw", "drawn_frechet"));
        Assert.True(Of("ceiling", "drawn_by_picture_r10") > 1.5 * Of("raw", "drawn_by_picture_r10"));
        Assert.InRange(Of("closed form", "drawn_coverage"), 0, 1);

        // The second judge is the first one here. What does not train gives the same pictures whatever the seed.
        Assert.Equal(Of("raw", "drawn_frechet"), Of("raw", "judge_frechet"));
        Assert.Equal(Of("raw", "drawn_frechet"), Of("raw", "drawn_frechet", seed: 1));
        Assert.Contains("| case | FD | KD | error | CMMD |", File.ReadAllText(folder["pictures/results.md"]), StringComparison.Ordinal);
    }

    // On the features that are embedded by now. What is fitted to the test's own rows fits them better than what other icons say.
    private static void RowsOfTheTestCloseItsOwnGap(TemporaryFolder folder)
    {
        string model = Path.Combine(Repository.Root, "models", "icon-clip");
        File.WriteAllText(folder["rows.json"], $$"""
            {
              "name": "rows",
              "data": { "model": "{{model}}", "pairs": "icons:validation", "validation": "icons:validation", "tests": ["icons:lucide"] },
              "cases": [
                { "name": "apart, mean shift", "objective": "mean-shift", "pairs": "apart" },
                { "name": "own, mean shift", "objective": "mean-shift", "pairs": "own" },
                { "name": "apart, coral", "baseline": "coral", "pairs": "apart" }, { "name": "own, coral", "baseline": "coral", "pairs": "own" },
                { "name": "own, trained", "objective": "cs+similarity", "start": "barycentre", "epochs": 2, "pairs": "own" },
                { "name": "few", "objective": "cs+infonce", "start": "barycentre", "epochs": 2, "pairs": 25, "unpaired": 400 },
                { "name": "few, cca", "baseline": "cca", "pairs": 25, "unpaired": 400 }
              ]
            }
            """);
        CommandLineRun run = CommandLineRun.Of("sweep", folder["rows.json"], "--features", folder["out/features"], "--out", folder["rows"],
            "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("cell").GetString()!);
        double Of(string cell, string key) => results[cell].GetProperty(key).GetDouble();
        double Divergence(string cell) => Of(cell, "cs_divergence_off_diagonal");
        Assert.Equal(7, results.Count);
        Assert.True(Of("own, mean shift", "centroid_gap") < 0.5 * Of("apart, mean shift", "centroid_gap"));
        Assert.True(Divergence("own, coral") < 0.6 * Divergence("apart, coral"));
        Assert.All(["own, coral", "own, trained"], cell => Assert.True(Divergence(cell) < 0.6 * Divergence("own, mean shift"), cell));
        Assert.True(Divergence("few") < Divergence("apart, mean shift"));
        Assert.True(Of("own, coral", "mixed_image_query_r10") > Of("own, mean shift", "mixed_image_query_r10"));
        Assert.True(Of("few, cca", "mean_r1") < Of("few", "mean_r1"));
    }

    // The same features again. Labels neither change the other columns nor are they there without a file.
    private static void LabelsAreJudgedBesideTheRest(TemporaryFolder folder)
    {
        string model = Path.Combine(Repository.Root, "models", "icon-clip");
        string labels = Path.Combine(Repository.Root, "recipes", "ablations", "icon-labels.tsv");
        string recipe = $$"""
            {
              "name": "labels",
              "data": { "model": "{{model}}", "pairs": "icons:validation", "tests": ["icons:lucide"], "labels": "{{labels}}" },
              "cases": [{ "name": "raw", "objective": "raw" }, { "name": "barycentre", "objective": "barycentre", "pairs": "apart" }]
            }
            """;
        File.WriteAllText(folder["labels.json"], recipe);
        CommandLineRun run =
            CommandLineRun.Of("sweep", folder["labels.json"], "--features", folder["out/features"], "--out", folder["labels"], "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("cell").GetString()!);
        double Of(string cell, string key) => results[cell].GetProperty(key).GetDouble();
        Assert.All(["v_measure", "label_text_to_image_accuracy", "label_image_accuracy", "label_auroc_one_threshold"],
            key => Assert.InRange(Of("raw", key), 0.15, 0.95));
        Assert.True(Of("barycentre", "label_auroc_one_threshold") > Of("raw", "label_auroc_one_threshold"));
        Assert.True(Of("raw", "label_image_accuracy") > Of("raw", "label_text_to_image_accuracy"));
        string table = File.ReadAllText(folder["labels/results.md"]);
        Assert.Contains("| case | V | ARI | t→i | i→i | i→t | t→t | AUROC, one threshold | one for each kind |", table);
        Assert.DoesNotContain("V and ARI", File.ReadAllText(folder["rows/results.md"]));
        string csv = File.ReadAllText(folder["labels/results.csv"]);

        // Read back, they are the same bits; nothing is run again.
        File.Delete(folder["labels/results.md"]);
        Assert.Equal(0, CommandLineRun.Of("sweep", folder["labels.json"], "--features", folder["out/features"], "--out",
            folder["labels"]).ExitCode);
        Assert.Equal(table, File.ReadAllText(folder["labels/results.md"]));
        Assert.Equal(csv, File.ReadAllText(folder["labels/results.csv"]));
    }
}
