using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class ToyVerbTests
{
    [Fact]
    public void It_writes_a_figure_and_a_table_of_estimates_beside_closed_forms()
    {
        using var folder = new TemporaryFolder();
        CommandLineRun run = CommandLineRun.Of("toy", "--out", folder["out"], "--seed", "3", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement[] cases = [.. run.Json.GetProperty("cases").EnumerateArray()];
        Assert.Equal(["Apart", "One centre, two shapes", "One distribution"], cases.Select(toy => toy.GetProperty("case").GetString()!));
        foreach (JsonElement toy in cases)
        {
            foreach (string key in (string[])["mutual_information", "cs_divergence_off_diagonal", "gaussian_kl", "centroid_gap"])
            {
                double estimate = toy.GetProperty(key).GetDouble(), exact = toy.GetProperty(key + "_closed_form").GetDouble();
                Assert.True(Math.Abs(estimate - exact) < 0.06 + (0.05 * exact),
                    $"{toy.GetProperty("case")}, {key}: {estimate} against {exact}");
            }
        }

        Assert.Single(cases.Select(toy => toy.GetProperty("mutual_information_closed_form").GetDouble()).Distinct());
        XDocument figure = XDocument.Load(folder["out/toy.svg"]);
        Assert.Equal(3, figure.Descendants().Count(element => element.Attribute("class")?.Value == "pane"));
        string table = File.ReadAllText(folder["out/toy.md"]);
        Assert.Contains("--seed 3", table, StringComparison.Ordinal);
        Assert.Equal(3,
            table.Split('\n').Count(line => line.StartsWith("| ", StringComparison.Ordinal)
                && line.Contains(" (", StringComparison.Ordinal)));

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(folder["out/toy.png"])[..4]);
    }

    [Fact]
    public void The_published_table_is_what_the_command_gives()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLineRun.Of("toy", "--out", folder["out"]).ExitCode);
        string published = File.ReadAllText(Path.Combine(Repository.Root, "docs", "results", "toy", "toy.md")),
            made = File.ReadAllText(folder["out/toy.md"]);
        Assert.Equal(Words(published), Words(made));

        // The last digit may hang on the SIMD path.
        Assert.All(Numbers(published).Zip(Numbers(made)), pair => Assert.Equal(pair.First, pair.Second, 0.0021));

        static string Words(string text) => Regex.Replace(text, "-?[0-9]+\\.[0-9]+", "#");
        static IEnumerable<double> Numbers(string text) =>
            Regex.Matches(text, "-?[0-9]+\\.[0-9]+").Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_seed_repeats_its_files_and_another_draws_others()
    {
        using var folder = new TemporaryFolder();
        foreach ((string name, string seed) in new[] { ("a", "1"), ("b", "1"), ("c", "2") })
            Assert.Equal(0, CommandLineRun.Of("toy", "--out", folder[name], "--seed", seed).ExitCode);
        Assert.Equal(File.ReadAllText(folder["a/toy.svg"]), File.ReadAllText(folder["b/toy.svg"]));
        Assert.Equal(File.ReadAllText(folder["a/toy.md"]), File.ReadAllText(folder["b/toy.md"]));
        Assert.NotEqual(File.ReadAllText(folder["a/toy.svg"]), File.ReadAllText(folder["c/toy.svg"]));
    }
}
