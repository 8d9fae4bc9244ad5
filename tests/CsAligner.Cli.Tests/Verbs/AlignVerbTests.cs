using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class AlignVerbTests
{
    private static readonly string[] Keys =
    [
        "options", "seed", "inputs", "training_pairs", "validation_pairs", "image_parameters", "text_parameters", "best_epoch", "resumed",
        "seconds", "peak_bytes", "versions", "hardware", "epochs",
    ];

    private static readonly string[] Files =
        ["checkpoint.safetensors", "image-adapter.safetensors", "run.json", "text-adapter.safetensors"];

    [Fact]
    public void A_run_writes_adapters_that_close_the_gap_and_says_what_it_did()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        CommandLineRun run = Align(images, texts, folder["out"], "--json", "--epochs", "5", "--seed", "3", "--val-fraction", "0.25");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Keys, run.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(6, run.Json.GetProperty("epochs").GetArrayLength());
        // A quarter of 120 pairs is too few to choose an epoch by: none is held out.
        Assert.Equal(120, run.Json.GetProperty("training_pairs").GetInt32());
        Assert.Equal(0, run.Json.GetProperty("validation_pairs").GetInt32());
        Assert.Equal(5, run.Json.GetProperty("options").GetProperty("epochs").GetInt32());
        Assert.Equal(images, run.Json.GetProperty("inputs").GetProperty("images").GetString());
        Assert.True(run.Json.GetProperty("peak_bytes").GetInt64() > 0);
        Assert.Equal(Files, FilesIn(folder["out"]));
        JsonElement written = JsonDocument.Parse(File.ReadAllText(folder["out/run.json"])).RootElement;
        Assert.Equal(Keys, written.EnumerateObject().Select(property => property.Name));
        Assert.Equal(run.Json.GetProperty("epochs").GetRawText(), written.GetProperty("epochs").GetRawText());
        Assert.Contains("epoch 0/5", run.Error);
        Assert.Contains("epoch 5/5", run.Error);

        Apply(folder["out/image-adapter.safetensors"], images, folder["i.npy"]);
        Apply(folder["out/text-adapter.safetensors"], texts, folder["t.npy"]);
        double before = OffDiagonal(images, texts);
        double after = OffDiagonal(folder["i.npy"], folder["t.npy"]);
        Assert.True(after < before / 2, $"D_CS went from {before} to {after}");
    }

    [Fact]
    public void Without_pairs_the_closed_form_closes_the_gap()
    {
        using var folder = new TemporaryFolder();

        // Most of what varies does so in the same few directions on both sides, as in a CLIP.
        string images = FeatureFiles.Save(folder, "images.npy", Flat(1, 0.2)), texts = FeatureFiles.Save(folder, "texts.npy", Flat(2, 0.8));
        CommandLineRun run = CommandLineRun.Of(
            "align", "--unpaired-images", images, "--unpaired-texts", texts, "--out", folder["out"], "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("nothing was trained", run.Error);
        Assert.Equal((0, 120, 120), (run.Json.GetProperty("training_pairs").GetInt32(),
            run.Json.GetProperty("unpaired_images").GetInt32(), run.Json.GetProperty("unpaired_texts").GetInt32()));
        JsonElement options = run.Json.GetProperty("options");
        Assert.Equal(("cs+similarity+infonce", "barycentre"),
            (options.GetProperty("objective").GetString(), options.GetProperty("start").GetString()));
        Apply(folder["out/image-adapter.safetensors"], images, folder["i.npy"]);
        Apply(folder["out/text-adapter.safetensors"], texts, folder["t.npy"]);
        Assert.True(OffDiagonal(folder["i.npy"], folder["t.npy"]) < OffDiagonal(images, texts) / 2);

        string unrelated = FeatureFiles.Save(folder, "unrelated.npy", [.. Flat(2, 0.8).Select(row => row.Reverse().ToArray())]);
        CommandLineRun refused = CommandLineRun.Of(
            "align", "--unpaired-images", images, "--unpaired-texts", unrelated, "--out", folder["refused"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("unrelated directions", refused.ErrorLine);

        CommandLineRun both = CommandLineRun.Of(
            "align", "--unpaired-images", images, "--unpaired-texts", texts, "--pairs", images, "--out", folder["out"]);
        Assert.Equal(2, both.ExitCode);
        Assert.Contains("belong to pairs", both.Error);
    }

    [Fact]
    public void Landmarks_train_too_and_the_run_says_so()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        CommandLineRun run =
            Align(images, texts, folder["out"], "--json", "--epochs", "5", "--val-fraction", "0", "--estimator", "nystrom",
                "--features", "64");
        JsonElement options = run.Json.GetProperty("options");
        Assert.Equal(("nystrom", 64), (options.GetProperty("estimator").GetString(), options.GetProperty("features").GetInt32()));
        Apply(folder["out/image-adapter.safetensors"], images, folder["i.npy"]);
        Apply(folder["out/text-adapter.safetensors"], texts, folder["t.npy"]);
        Assert.True(OffDiagonal(folder["i.npy"], folder["t.npy"]) < OffDiagonal(images, texts) / 2);
    }

    [Fact]
    public void A_step_in_chunks_trains_as_the_whole_step_does()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        JsonElement Last(CommandLineRun run) => run.Json.GetProperty("epochs").EnumerateArray().Last();
        CommandLineRun whole = Align(images, texts, folder["whole"], "--json", "--epochs", "3"),
            chunked = Align(images, texts, folder["chunked"], "--json", "--epochs", "3", "--chunk-size", "50");
        Assert.Equal(50, chunked.Json.GetProperty("options").GetProperty("chunk_size").GetInt32());
        Assert.Equal(Last(whole).GetProperty("loss").GetDouble(), Last(chunked).GetProperty("loss").GetDouble(), 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_one_others()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        byte[] Adapter(string name, string seed)
        {
            Assert.Equal(0, Align(images, texts, folder[name], "--epochs", "3", "--batch-size", "32", "--seed", seed).ExitCode);
            return File.ReadAllBytes(folder[$"{name}/text-adapter.safetensors"]);
        }

        byte[] first = Adapter("a", "7");
        Assert.Equal(first, Adapter("b", "7"));
        Assert.NotEqual(first, Adapter("c", "8"));
    }

    [Fact]
    public void Training_the_text_side_leaves_image_rows_as_they_are()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        Assert.Equal(0, Align(images, texts, folder["out"], "--train", "text", "--epochs", "2").ExitCode);
        Apply(folder["out/image-adapter.safetensors"], images, folder["i.npy"]);
        double[] rows = [.. NaiveMeasures.Normalise(Images).SelectMany(row => row)];
        double[] mapped = Npy.ReadDoubles(folder["i.npy"], out _);
        for (int i = 0; i < rows.Length; i++)
            Assert.Equal(rows[i], mapped[i], 1e-6);
    }

    [Theory]
    [InlineData("infonce", "low-rank")]
    [InlineData("cs", "mlp")]
    [InlineData("cs+infonce", "mlp")]
    [InlineData("mean-shift", "low-rank")]
    public void Every_objective_and_adapter_runs_with_unpaired_rows_and_pairs(string objective, string adapter)
    {
        using var folder = new TemporaryFolder();
        (string images, _) = SaveModalities(folder);
        long[] pairs = [.. Enumerable.Range(0, 200).Select(text => (long)(text * 7 % 120))];
        string texts = FeatureFiles.Save(folder, "many.npy", FeatureFiles.Partner(5, [.. pairs.Select(image => Images[image])], 0.3, 0.8));
        Npy.Write(folder["pairs.npy"], pairs);
        string unpaired = FeatureFiles.Save(folder, "unpaired.npy", FeatureFiles.Cloud(6, 50, 8, 0.5));
        CommandLineRun run = Align(
            images, texts, folder["out"], "--pairs", folder["pairs.npy"], "--unpaired-images", unpaired, "--unpaired-texts", unpaired,
            "--objective", objective, "--adapter", adapter, "--epochs", "2", "--bandwidth", "median", "--lambda", "0.5",
            "--temperature", "0.1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("image-adapter.safetensors", run.Error);
        Assert.Equal(objective == "cs", run.Error.Contains("note: --lambda has no effect with --objective cs", StringComparison.Ordinal));
        Assert.Equal(objective == "infonce",
            run.Error.Contains("note: --bandwidth has no effect with --objective infonce", StringComparison.Ordinal));
        JsonElement inputs = JsonDocument.Parse(File.ReadAllText(folder["out/run.json"])).RootElement.GetProperty("inputs");
        Assert.Equal(unpaired, inputs.GetProperty("unpaired_images").GetString());
    }

    [Fact]
    public async Task A_stopped_run_exits_130_and_resumes_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        string[] options = ["--epochs", "20", "--batch-size", "32"];
        Assert.Equal(0, Align(images, texts, folder["whole"], options).ExitCode);

        using var stop = new CancellationTokenSource();
        CommandLineRun stopped = await CommandLineRun.OfAsync(
            ["align", "--images", images, "--texts", texts, "--out", folder["cut"], .. options],
            stop.Token,
            line =>
            {
                if (line.StartsWith("epoch 8/20", StringComparison.Ordinal))
                    stop.Cancel();
            });
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("--resume", stopped.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal(["checkpoint.safetensors"], FilesIn(folder["cut"]));

        CommandLineRun resumed = Align(images, texts, folder["cut"], [.. options, "--resume", "--json"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.True(resumed.Json.GetProperty("resumed").GetBoolean());
        foreach (string file in (string[])["image-adapter.safetensors", "text-adapter.safetensors"])
            Assert.Equal(File.ReadAllBytes(folder[$"whole/{file}"]), File.ReadAllBytes(folder[$"cut/{file}"]));
        JsonElement whole = JsonDocument.Parse(File.ReadAllText(folder["whole/run.json"])).RootElement;
        Assert.Equal(whole.GetProperty("epochs").GetRawText(), resumed.Json.GetProperty("epochs").GetRawText());
    }

    [Fact]
    public void A_checkpoint_of_other_options_is_refused()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        Assert.Equal(0, Align(images, texts, folder["out"], "--epochs", "2").ExitCode);
        CommandLineRun run = Align(images, texts, folder["out"], "--epochs", "2", "--lambda", "0.3", "--resume");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("checkpoint.safetensors", run.ErrorLine);
    }

    [Theory]
    [InlineData("--objective", "kl+js")]
    [InlineData("--train", "none")]
    [InlineData("--adapter", "lora")]
    [InlineData("--bandwidth", "0")]
    [InlineData("--epochs", "0")]
    [InlineData("--batch-size", "1")]
    [InlineData("--chunk-size", "0")]
    [InlineData("--adapter-size", "0")]
    [InlineData("--lr", "0")]
    [InlineData("--lr", "nan")]
    [InlineData("--lambda", "-1")]
    [InlineData("--temperature", "0.001")]
    [InlineData("--interpolation", "0")]
    [InlineData("--interpolation", "1.1")]
    [InlineData("--val-fraction", "0.9")]
    [InlineData("--seed", "-1")]
    public void A_value_out_of_its_range_is_wrong_usage(string option, string value)
    {
        CommandLineRun run = Align("i.npy", "t.npy", "out", option, value);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(option.TrimStart('-'), run.Error);
        Assert.False(Directory.Exists("out"));
    }

    [Fact]
    public void Input_that_does_not_fit_is_one_line_and_exit_1()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        string few = FeatureFiles.Save(folder, "few.npy", FeatureFiles.Cloud(1, 5, 8, 1));
        string wide = FeatureFiles.Save(folder, "wide.npy", FeatureFiles.Cloud(1, 120, 9, 1));
        File.WriteAllText(folder["file"], "");
        void Refused(CommandLineRun run, params string[] expected)
        {
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.All(expected, part => Assert.Contains(part, run.ErrorLine));
        }

        Refused(Align(images, few, folder["out"]), "120", "5", "need pairs");
        Refused(Align(images, wide, folder["out"], "--start", "mean-shift"), "8", "9", "use linear or stack");
        Refused(Align(images, wide, folder["out"], "--start", "barycentre"), "8", "9", "no transport map");
        Refused(Align(images, texts, folder["out"], "--unpaired-texts", wide), "wide.npy", "8", "9");
        Refused(Align(images, texts, folder["out"], "--unpaired-images", folder["missing.npy"]), "missing.npy");
        Refused(Align(images, texts, folder["out"], "--image-tokens", images), "images.npy");
        Refused(Align(images, texts, folder["out"], "--token-weight", "1"), "a token weight needs the tokens of images and texts");
        Refused(Align(images, texts, folder["file"]), "file", "it is a file");
    }

    [Fact]
    public void Encoders_of_unlike_widths_have_defaults_of_their_own()
    {
        using var folder = new TemporaryFolder();
        (string images, _) = SaveModalities(folder);
        string wide = FeatureFiles.Save(folder, "wide.npy", [.. Images.Select(row => row.Append(0.1).ToArray())]);
        CommandLineRun run = Align(images, wide, folder["out"], "--lambda", "2", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement options = run.Json.GetProperty("options");
        Assert.Equal(("cs+similarity+infonce", "regression", "mlp", 0.65, 2),
            (options.GetProperty("objective").GetString(), options.GetProperty("start").GetString(),
                options.GetProperty("adapter").GetString(), options.GetProperty("interpolation").GetDouble(),
                options.GetProperty("lambda").GetDouble()));
    }

    [Fact]
    public void A_full_disk_is_one_line()
    {
        using var folder = new TemporaryFolder();
        (string images, string texts) = SaveModalities(folder);
        Directory.CreateDirectory(folder["disk"]);
        using var disk = SmallDisk.TryMount(folder["disk"]);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs is not permitted here");
        File.WriteAllBytes(folder["disk/filler"], new byte[(1024 * 1024) - 4096]);
        CommandLineRun run = Align(images, texts, folder["disk"], "--epochs", "2");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("the disk is full", run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal(["filler"], FilesIn(folder["disk"]));
    }

    private static double[][] Images { get; } = FeatureFiles.Cloud(1, 120, 8, 0.2);

    private static (string Images, string Texts) SaveModalities(TemporaryFolder folder) => (
        FeatureFiles.Save(folder, "images.npy", Images),
        FeatureFiles.Save(folder, "texts.npy", FeatureFiles.Partner(2, Images, 0.3, 0.8)));

    private static double[][] Flat(ulong seed, double centre) =>
        [.. FeatureFiles.Cloud(seed, 120, 8, 0).Select(row => row.Select((v, d) => centre + (d < 3 ? v : 0.2 * v)).ToArray())];

    private static CommandLineRun Align(string images, string texts, string output, params string[] more) =>
        CommandLineRun.Of(["align", "--images", images, "--texts", texts, "--out", output, .. more]);

    private static void Apply(string adapter, string input, string output) =>
        Assert.Equal(0, CommandLineRun.Of("apply", "--adapter", adapter, input, output).ExitCode);

    private static double OffDiagonal(string x, string y) =>
        CommandLineRun.Of("measure", x, y, "--json").Json.GetProperty("cs_divergence_off_diagonal").GetDouble();

    private static IEnumerable<string?> FilesIn(string folder) =>
        Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
