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
    }
}
