using System.Diagnostics;
using System.Globalization;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Sets;

/// <summary>The memory of <c>embed</c>, <c>search</c> and <c>evaluate</c> on many rows, each in a process of its own.</summary>
internal static class CommandRuns
{
    private const int Width = 512, NarrowWidth = 64, Queries = 1000;

    /// <summary>Runs the commands on a tenth of the rows and on all of them.</summary>
    /// <param name="rows">How many.</param>
    public static IReadOnlyList<CommandResult> Run(int rows)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-commands-").FullName;
        try
        {
            string model = SaveModel(folder);
            return [.. Run(folder, model, rows / 10), .. Run(folder, model, rows)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<CommandResult> Run(string folder, string model, int rows)
    {
        string set = Path.Combine(folder, "set"), texts = ListSets.WriteTexts(folder, rows);
        if (Directory.Exists(set)) Directory.Delete(set, recursive: true);
        yield return Measure("embed, texts", rows, "embed", "--model", model, "--texts", texts, "--out", set);
        yield return Measure($"search, width {Width}", rows, "search", set, "a photo of the old house", "--model", model, "--json");
        string images = BinarySets.WriteNpy(folder, rows, NarrowWidth), asked = Path.Combine(folder, "texts.npy"),
            pairs = Path.Combine(folder, "pairs.npy");
        Npy.Write(asked, Tensor.Normal(new RandomGenerator(1), 1, Queries, NarrowWidth));
        Npy.Write(pairs, [.. Enumerable.Range(0, Queries).Select(i => (long)i * rows / Queries)]);
        yield return Measure(
            $"evaluate, {Queries} texts, nystrom, width {NarrowWidth}", rows, "evaluate", "--images", images, "--texts", asked, "--pairs",
            pairs, "--estimator", "nystrom", "--json");
    }

    // A CLIP as small as one can be, with random weights: what is measured is what happens around it.
    private static string SaveModel(string folder)
    {
        string model = Path.Combine(folder, "model"), shipped = Path.Combine(AppContext.BaseDirectory, "models", "icon-clip");
        var tower = new TransformerConfig { Width = 32, MlpWidth = 32, Layers = 1, Heads = 1 };
        ClipModel.Create(
            ClipConfig.Read(Path.Combine(shipped, "config.json")) with { ProjectionWidth = Width, Text = tower, Vision = tower },
            new RandomGenerator(1)).Save(model);
        foreach (string file in (string[])["vocab.json", "merges.txt", "preprocessor_config.json"])
            File.Copy(Path.Combine(shipped, file), Path.Combine(model, file), overwrite: true);
        return model;
    }

    private static CommandResult Measure(string name, int rows, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "csalign.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        long began = Stopwatch.GetTimestamp(), peak = 0;
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        while (!process.WaitForExit(50)) peak = Math.Max(peak, PeakOf(process));

        Task.WaitAll(output, error);
        if (process.ExitCode != 0) throw new InputException($"sets: {name} failed: {error.Result}");
        var result = new CommandResult(name, rows, Stopwatch.GetElapsedTime(began).TotalSeconds, peak);
        Console.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{name}, {rows} rows: {result.Seconds:f1} s, peak {peak / 1e6:f0} MB"));
        return result;
    }

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It ended a moment ago.
            return 0;
        }
    }
}
