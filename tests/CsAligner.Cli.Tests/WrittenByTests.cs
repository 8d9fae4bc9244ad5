using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Cli.Tests.Verbs;
using CsAligner.Data.Images;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests;

/// <summary>Every file that has a place for it says which version wrote it, and none is refused for not saying so.</summary>
public sealed class WrittenByTests : IDisposable
{
    // Formats of others, whose readers count the keys: the weights beside them say it. And a recipe is kept as it was given,
    // and the toy's table compared with the published one, byte for byte.
    private static readonly string[] s_foreign =
        ["config.json", "adapter_config.json", "preprocessor_config.json", "vocab.json", "tokenizer.json", "recipe.json", "toy.md"];

    private static readonly string s_model = Path.Combine(Repository.Root, "models", "icon-clip");

    private readonly TemporaryFolder _folder = new();
    private readonly string _images, _texts;

    public WrittenByTests()
    {
        double[][] rows = FeatureFiles.Cloud(4, 60, 192, 0.5);
        _images = FeatureFiles.Save(_folder, "images.npy", rows);
        _texts = FeatureFiles.Save(_folder, "texts.npy", FeatureFiles.Partner(5, rows, 0.3, -1));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_program_is_named_with_its_version_and_without_a_commit() =>
        Assert.Matches(@"^csalign \d+\.\d+\.\d+(-[\w.]+)?$", WrittenBy.Program);

    [Fact]
    public void Runs_and_reports()
    {
        Run("align", "--images", _images, "--texts", _texts, "--epochs", "2", "--out", _folder["run"]);
        Assert.Equal(["checkpoint.safetensors", "image-adapter.safetensors", "run.json", "text-adapter.safetensors"], Signed("run"));
        Directory.CreateDirectory(_folder["report"]);
        Run("report", _folder["run"], "--images", _images, "--texts", _texts, "--out", _folder["report/page.html"]);
        Assert.Equal(["page.html"], Signed("report"));
    }

    [Fact]
    public void Features_and_models()
    {
        Directory.CreateDirectory(_folder["data"]);
        for (byte i = 0; i < 6; i++)
            _folder.Write($"data/{i}.png", PngFile.Encode([.. Enumerable.Repeat((byte)(40 * i), 3 * 64)], 8, 8));
        File.WriteAllLines(_folder["data/captions.tsv"], Enumerable.Range(0, 6).Select(i => $"{i}.png\tgrey {i}"));

        Run("embed", "--model", s_model, "--data", _folder["data"], "--out", _folder["features"]);
        Assert.Contains("features.json", Signed("features"));
        Run("align", "--model", s_model, "--data", _folder["data"], "--lora", "text:r=2,modules=q_proj", "--adapter", "mean-shift",
            "--epochs", "1", "--merge", "--out", _folder["lora"]);
        Assert.Superset(
            new HashSet<string> { "run.json", "adapter_model.safetensors", "model.safetensors", "text-adapter.safetensors" },
            Signed("lora").ToHashSet());
        Run("apply", "--adapter", _folder["lora"], _folder["features"], _folder["mapped"]);
        Assert.Contains("features.json", Signed("mapped"));

        // A set that does not say it, as others write them and earlier versions did.
        var info = JsonNode.Parse(File.ReadAllText(_folder["features/features.json"]))!.AsObject();
        Assert.True(info.Remove(WrittenBy.Key));
        File.WriteAllText(_folder["features/features.json"], info.ToJsonString());
        Run("evaluate", "--images", _folder["features"], "--texts", _folder["features"]);
    }

    [Fact]
    public void Pictures()
    {
        Run("toy", "--out", _folder["toy"]);
        Assert.Equal(["toy.svg"], Signed("toy"));
        Run("generate", "star", "--decoder", TinyDecoder.Save(_folder), "--steps", "1", "--out", _folder["pictures"]);
        Assert.Equal(["generate.json"], Signed("pictures"));
        Assert.Equal(["model.safetensors"], Signed("decoder"));
    }

    [Fact]
    public void Sweeps_keep_what_another_version_ran()
    {
        File.WriteAllText(_folder["recipe.json"], $$"""
            {
              "name": "small", "data": { "images": "{{_images}}", "texts": "{{_texts}}", "folds": 2 },
              "options": { "epochs": 1, "adapter": "mean-shift" }, "grid": { "lambda": [0.2, 1] }
            }
            """);
        string csv = _folder["sweep/results.csv"];
        Run("sweep", _folder["recipe.json"], "--out", _folder["sweep"]);
        Assert.Superset(new HashSet<string> { "results.csv", "results.md" }, Signed("sweep").ToHashSet());
        string[] lines = File.ReadAllLines(csv);
        Assert.All(lines.Skip(1), line => Assert.Contains($",\"{WrittenBy.Program}\",", line));

        // One line of a later version, the other to be run again.
        string theirs = lines[1].Replace(WrittenBy.Program, "csalign 99.0.0", StringComparison.Ordinal);
        File.WriteAllLines(csv, [lines[0], theirs]);
        Run("sweep", _folder["recipe.json"], "--out", _folder["sweep"]);
        Assert.Contains(theirs, File.ReadAllLines(csv));
        Assert.Equal(3, File.ReadAllLines(csv).Length);

        // And a file from before there was the column.
        File.WriteAllLines(csv, lines[..2].Select(line => line
            .Replace($",\"{WrittenBy.Program}\"", "", StringComparison.Ordinal)
            .Replace($",{WrittenBy.Key}", "", StringComparison.Ordinal)));
        Assert.Contains("1 of 2 runs are already done", Run("sweep", _folder["recipe.json"], "--out", _folder["sweep"]).Error);
        Assert.Contains(lines[1].Replace(WrittenBy.Program, "", StringComparison.Ordinal), File.ReadAllLines(csv));
    }

    private static CommandLineRun Run(params string[] arguments)
    {
        CommandLineRun run = CommandLineRun.Of(arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    // The names of the files below a folder that say it; those that have a place and do not say it fail.
    private string[] Signed(string folder) =>
    [
        .. Directory.GetFiles(_folder[folder], "*", SearchOption.AllDirectories).Where(IsSigned).Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal),
    ];

    private static bool IsSigned(string file)
    {
        if (s_foreign.Contains(Path.GetFileName(file))) return false;
        switch (Path.GetExtension(file))
        {
            case ".json":
                using (JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file))) SaysVersion(json.RootElement, file);
                return true;
            case ".safetensors":
                using (var tensors = SafeTensorsFile.Open(file))
                    Assert.True(tensors.Metadata.GetValueOrDefault(WrittenBy.Key) == WrittenBy.Program, file);
                return true;
            case ".html":
                Assert.Contains($"<meta name=\"generator\" content=\"{WrittenBy.Program}\"/>", File.ReadAllText(file));
                return true;
            case ".svg" or ".md":
                Assert.Contains($"<!-- written by {WrittenBy.Program} -->", File.ReadAllText(file));
                return true;
            case ".csv":
                Assert.Contains($",{WrittenBy.Key},", File.ReadLines(file).First());
                return true;
            case ".npy" or ".png" or ".jsonl" or ".txt":
                return false;
            default:
                throw new InvalidOperationException($"{file}: a new kind of file; does it say which version wrote it?");
        }
    }

    private static void SaysVersion(JsonElement element, string file)
    {
        string? said = element.TryGetProperty(WrittenBy.Key, out JsonElement by) ? by.GetString()
            : element.TryGetProperty("versions", out JsonElement versions) ? "csalign " + versions.GetProperty("csaligner").GetString()
            : null;
        Assert.True(said?.Split('+')[0] == WrittenBy.Program, $"{file} says '{said}'");
    }
}
