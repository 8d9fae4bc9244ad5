using System.Globalization;
using CsAligner.Data.Images;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Kills;

/// <summary>Small jobs, each long enough that a kill finds it at work.</summary>
internal static class KillJobs
{
    public static KillJob Align { get; } = AlignFor(epochs: 200);

    public static KillJob Sweep { get; } = SweepFor(epochs: 40);

    /// <summary>On icons, which it fetches and draws the first time.</summary>
    public static KillJob Pretrain { get; } = new()
    {
        Name = "pretrain",
        Prepare = folder => File.WriteAllText(
            Path.Combine(folder, "recipe.json"),
            """
            {
              "name": "killed", "seed": 1, "projection_width": 32, "image_size": 64, "patch_size": 16, "context_length": 16, "vocabulary_size": 600,
              "vision": { "width": 32, "layers": 1, "heads": 2 }, "text": { "width": 32, "layers": 1, "heads": 2 },
              "batch_size": 64, "steps": 400, "warmup_steps": 20, "learning_rate": 0.001
            }
            """),
        Arguments = (input, output) =>
            ["pretrain", Path.Combine(input, "recipe.json"), "--out", output, "--resume", "--checkpoint-interval", "1"],
        Timings = [],
    };

    /// <summary>On icons, which it fetches, draws and embeds the first time.</summary>
    public static KillJob Decoder { get; } = new()
    {
        Name = "decoder",
        Prepare = folder => File.WriteAllText(
            Path.Combine(folder, "recipe.json"),
            """
            {
              "kind": "decoder", "name": "killed", "seed": 1, "image_size": 64, "patch_size": 16, "width": 32, "layers": 1, "heads": 2, "batch_size": 16,
              "samples": 12000, "warmup_samples": 160, "learning_rate": 0.001, "ema_decays": [0.9, 0.99], "preview_samples": 4000
            }
            """),
        Arguments = (input, output) =>
            ["pretrain", Path.Combine(input, "recipe.json"), "--out", output, "--resume", "--checkpoint-interval", "1"],
        Timings = [],
    };

    public static KillJob Embed { get; } = EmbedFor(pictures: 1200, shardRows: 40);

    public static IReadOnlyList<KillJob> All { get; } = [Align, Sweep, Pretrain, Decoder, Embed];

    public static KillJob AlignFor(int epochs) => new()
    {
        Name = "align",
        Prepare = folder => WritePairs(folder, 3000, 32),
        Arguments = (input, output) =>
            ["align", "--images", Path.Combine(input, "images.npy"), "--texts", Path.Combine(input, "texts.npy"), "--out", output,
                "--epochs", Number(epochs), "--batch-size", "256", "--resume"],
        Timings = ["seconds", "peak_bytes", "resumed"],
    };

    public static KillJob SweepFor(int epochs) => new()
    {
        Name = "sweep",
        Prepare = folder =>
        {
            WritePairs(folder, 900, 16);
            File.WriteAllText(
                Path.Combine(folder, "recipe.json"),
                $$"""
                {
                  "name": "killed", "data": { "images": "{{Path.Combine(folder, "images.npy")}}", "texts": "{{Path.Combine(folder, "texts.npy")}}", "folds": 2 },
                  "options": { "epochs": {{Number(epochs)}}, "adapter_size": 8, "batch_size": 128 },
                  "cases": [{ "name": "a" }, { "name": "b", "objective": "infonce" }, { "name": "c", "pairs_fraction": 0.5, "unpaired_rest": true }], "grid": { "lr": [0.001, 0.003] }, "seeds": [0, 1]
                }
                """);
        },
        Arguments = (input, output) => ["sweep", Path.Combine(input, "recipe.json"), "--out", output],
        Timings = ["seconds", "peak_mib", "s", "MiB"],
    };

    public static KillJob EmbedFor(int pictures, int shardRows) => new()
    {
        Name = "embed",
        Prepare = folder => WritePictures(Path.Combine(folder, "photos"), pictures),
        Arguments = (input, output) =>
        [
            "embed", "--model", Path.Combine(AppContext.BaseDirectory, "models", "icon-clip"), "--data", Path.Combine(input, "photos"),
            "--out", output,
            "--shard-rows", Number(shardRows), "--max-bad", "20%", "--tokens",
        ],
        Timings = [],
    };

    // Texts are images moved and blurred: there is something to learn, so that epochs differ.
    private static void WritePairs(string folder, int rows, int width)
    {
        var random = new RandomGenerator(1);
        Tensor images = Tensor.Normal(random, 1, rows, width), texts = Tensor.Normal(random, 0.5f, rows, width);
        for (int i = 0; i < images.Length; i++) texts.Span[i] += images.Span[i] + (i % width == 0 ? 3 : 0);
        Npy.Write(Path.Combine(folder, "images.npy"), images);
        Npy.Write(Path.Combine(folder, "texts.npy"), texts);
    }

    // One to three captions each; every 31st picture is not there, so that the log of bad samples has to come out the same too.
    private static void WritePictures(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        var random = new RandomGenerator(1);
        const int Size = 48;
        byte[] rgb = new byte[Size * Size * 3];
        using var captions = new StreamWriter(Path.Combine(folder, "captions.tsv"));
        for (int i = 0; i < count; i++)
        {
            int left = random.Next(Size / 2), width = 1 + random.Next(Size / 2);
            for (int at = 0; at < rgb.Length; at++)
                rgb[at] = (byte)(at / 3 % Size is int x && x >= left && x < left + width ? 40 * (1 + at % 3) : 255);
            if (i % 31 != 30) File.WriteAllBytes(Path.Combine(folder, $"{Number(i)}.png"), PngFile.Encode(rgb, Size, Size));
            for (int k = 0; k <= i % 3; k++)
                captions.WriteLine($"{Number(i)}.png\tbar {Number(k)} at {Number(left)}, {Number(width)} wide");
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
