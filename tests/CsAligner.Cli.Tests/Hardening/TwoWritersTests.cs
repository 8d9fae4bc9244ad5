using System.Diagnostics;
using CsAligner.Adapters;
using CsAligner.Cli.Tests.Verbs;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Hardening;

/// <summary>While one run writes to a folder or a file, a second one says so and changes nothing.</summary>
public sealed class TwoWritersTests : IDisposable
{
    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("align")]
    [InlineData("align --resume")]
    [InlineData("toy")]
    [InlineData("demo")]
    [InlineData("sweep")]
    [InlineData("generate")]
    [InlineData("pretrain")]
    [InlineData("fetch icons")]
    [InlineData("embed")]
    [InlineData("embed --shard")]
    [InlineData("apply a set")]
    public void A_folder_in_use_is_left_as_it_is(string verb)
    {
        string[] line = Line(verb, "out");
        Directory.CreateDirectory(_folder["out"]);
        _folder.Write("out/kept.txt", "kept"u8);
        string[] before = Snapshot();
        using (OutputLock.OfFolder(_folder["out"]))
        {
            CommandLineRun run = CommandLineRun.Of(line);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains($"csalign: another csalign is writing '{_folder["out"]}' (process {Environment.ProcessId}, since ",
                run.Error, StringComparison.Ordinal);
            Assert.Equal("", run.Output);
        }

        Assert.Equal(before, Snapshot());
    }

    [Theory]
    [InlineData("apply")]
    [InlineData("report")]
    [InlineData("measure")]
    public void A_file_in_use_is_left_as_it_is(string verb)
    {
        string[] line = Line(verb, "file");
        _folder.Write("file", "kept"u8);
        string[] before = Snapshot();
        using (OutputLock.OfFile(_folder["file"]))
        {
            CommandLineRun run = CommandLineRun.Of(line);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains($"another csalign is writing '{_folder["file"]}' (process ", run.ErrorLine, StringComparison.Ordinal);
        }

        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public async Task A_second_process_stops_and_after_a_kill_the_next_goes_on()
    {
        string[] line = [.. Line("align", "out"), "--epochs", "1000000", "--resume"];
        using Process first = Begin(line);
        try
        {
            string checkpoint = _folder["out/checkpoint.safetensors"];
            while (!File.Exists(checkpoint) && !first.HasExited) await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.False(first.HasExited, "the first run ended");
            Directory.CreateSymbolicLink(_folder["link"], _folder["out"]);
            foreach (string path in (string[])[_folder["out"], _folder["link"],
                Path.GetRelativePath(Environment.CurrentDirectory, _folder["out"])])
            {
                CommandLineRun second = CommandLineRun.Of([.. line.Select(word => word == _folder["out"] ? path : word)]);
                Assert.Equal(1, second.ExitCode);
                Assert.Contains($"another csalign is writing '{path}' (process {first.Id}, since ", second.ErrorLine,
                    StringComparison.Ordinal);
            }

            Assert.False(first.HasExited, "the first run ended");
        }
        finally
        {
            first.Kill();
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(File.Exists(_folder["out/" + OutputLock.FileName]));
        Assert.Equal(0, CommandLineRun.Of([.. Line("align", "out"), "--epochs", "2"]).ExitCode);
        Assert.Empty(Directory.GetFiles(_folder["out"], ".*"));
    }

    [Fact]
    public void Other_shares_of_a_set_may_be_at_work()
    {
        string[] whole = Line("embed", "out");
        string[] Share(string share) => [.. whole, "--shard", share];
        using (OutputLock.OfShare(_folder["out"], 1, 2))
        {
            Assert.Equal(0, CommandLineRun.Of(Share("2/2")).ExitCode);
            foreach (string[] line in (string[][])[Share("1/2"), Share("1/3"), whole])
                Assert.Contains("another csalign is writing", CommandLineRun.Of(line).ErrorLine, StringComparison.Ordinal);
        }

        Assert.Equal(0, CommandLineRun.Of(Share("1/2")).ExitCode);
        Assert.Equal(0, CommandLineRun.Of(whole).ExitCode);
        Assert.Equal(40, FeatureFile.ReadRows(_folder["out"], Modality.Text).Rows);
        Assert.Empty(Directory.GetFiles(_folder["out"], ".*"));
    }

    private string[] Line(string verb, string target)
    {
        double[][] rows = FeatureFiles.Cloud(1, 80, 4, 0.5);
        string images = FeatureFiles.Save(_folder, "images.npy", rows),
            texts = FeatureFiles.Save(_folder, "texts.npy", FeatureFiles.Partner(2, rows, 0.3, 0.5));
        string output = _folder[target];
        switch (verb)
        {
            case "align":
                return ["align", "--images", images, "--texts", texts, "--out", output];
            case "align --resume":
                return ["align", "--images", images, "--texts", texts, "--out", output, "--resume"];
            case "toy":
                return ["toy", "--out", output];
            case "demo":
                return ["demo", "--out", output];
            case "sweep":
                File.WriteAllText(_folder["recipe.json"],
                    $$"""{ "name": "s", "data": { "images": "{{images}}", "texts": "{{texts}}", "folds": 2 }, "options": { "epochs": 1 }, "seeds": [0] }""");
                return ["sweep", _folder["recipe.json"], "--out", output];
            case "generate":
                return ["generate", "star", "--decoder", TinyDecoder.Save(_folder), "--model", Model, "--out", output];
            case "pretrain":
                return ["pretrain", Path.Combine(Repository.Root, "recipes", "icon-clip.json"), "--out", output];
            case "fetch icons":
                return ["fetch", "icons", "--out", output];
            case "embed" or "embed --shard":
                File.WriteAllLines(_folder["words.txt"], Enumerable.Range(0, 40).Select(i => $"word {i}"));
                string[] embed = ["embed", "--model", Model, "--texts", _folder["words.txt"], "--out", output, "--shard-rows", "10"];
                return verb == "embed" ? embed : [.. embed, "--shard", "1/2"];
            case "apply a set":
                SaveAdapters();
                using (var writer = new FeatureSetWriter(_folder["set"]))
                {
                    writer.WriteRows(Modality.Text, new float[] { 1, 0, 0, 0 }, 4);
                    writer.Commit("e", normalised: true);
                }

                return ["apply", "--adapter", _folder["run"], _folder["set"], output];
            case "apply":
                SaveAdapters();
                return ["apply", "--adapter", _folder["run/text-adapter.safetensors"], texts, output];
            case "report":
                Assert.Equal(0,
                    CommandLineRun.Of("align", "--images", images, "--texts", texts, "--out", _folder["run"], "--epochs", "1").ExitCode);
                return ["report", _folder["run"], "--out", output];
            default:
                return ["measure", images, texts, "--memory", "1G", "--state", output];
        }
    }

    private void SaveAdapters()
    {
        Directory.CreateDirectory(_folder["run"]);
        foreach (string side in (string[])["image", "text"])
            new IdentityAdapter(Tensor.From([0f, 0, 0, 1], 4)).Save(_folder[$"run/{side}-adapter.safetensors"]);
    }

    // Names, times and contents of everything under the outputs.
    private string[] Snapshot() =>
    [
        .. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O} {Convert.ToHexString([.. File.ReadAllBytes(path).Take(64)])}"),
    ];

    private static Process Begin(string[] line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "csalign.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? path
            : "dotnet", [program, .. line])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }
}
