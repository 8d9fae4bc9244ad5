using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Sets;

/// <summary>
/// Every reader of data sets on as many rows as it is meant for: memory of a whole pass in random order, in a process whose managed
/// heap is limited, and its speed.
/// </summary>
internal static class SetsBenchmark
{
    public const string ChildVerb = "sets-child";

    private const int DefaultRows = 1_000_000, DefaultLimit = 256;

    public static int Run(string[] arguments)
    {
        (bool json, int rows, int limit, string? only) = (false, DefaultRows, DefaultLimit, null);
        for (int i = 0; i < arguments.Length; i++)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    continue;
                case "--rows" when int.TryParse(value, CultureInfo.InvariantCulture, out int number) && number >= 100:
                    rows = number;
                    break;
                case "--limit" when int.TryParse(value, CultureInfo.InvariantCulture, out int number) && number >= 16:
                    limit = number;
                    break;
                case "--only" when value.Length > 0:
                    only = value;
                    break;
                default:
                    Console.Error.WriteLine($"sets: expected [--json] [--rows N] [--limit MB] [--only TEXT], got '{arguments[i]}'");
                    return 2;
            }

            i++;
        }

        bool Wanted(string name) => only is null || name.Contains(only, StringComparison.OrdinalIgnoreCase);
        SetResult[] sets = [.. SetForm.All.Where(form => Wanted(form.Name)).Select(form => Measure(form, rows, limit))];
        var commands = Wanted("commands") ? CommandRuns.Run(rows) : [];
        string table = Table(sets, commands, limit);
        if (json) WriteJson(sets, commands);
        else Console.Write(table);
        if (only is null && rows >= DefaultRows) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "sets.md"), table);
        return 0;
    }

    private static SetResult Measure(SetForm form, int rows, int limit)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-sets-").FullName;
        try
        {
            string name = form.Write(folder, rows);
            long bytes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            var heap = new Dictionary<string, string>
            {
                ["DOTNET_GCHeapHardLimit"] = ((long)limit << 20).ToString("X",
                CultureInfo.InvariantCulture)
            };
            using var child = new SelfPeer(heap, ChildVerb);
            double[] found = child.Ask($"{form.Name}\t{name}");
            var pass = new SetPass((long)found[0], found[1], found[2], found[3], (long)found[4]);
            if (pass.Samples != rows / form.CaptionsOfSample)
                throw new InvalidOperationException($"{form.Name}: {pass.Samples} samples came of {rows / form.CaptionsOfSample}");
            Console.Error.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                    $"{form.Name}: {pass.Samples} samples, open {pass.OpenSeconds:f1} s, pass {pass.PassSeconds:f1} s, "
                        + $"resume {pass.ResumeSeconds:f2} s, held {pass.HeldBytes / 1e6:f1} MB, peak {found[5] / 1e6:f0} MB"));
            return new SetResult(form.Name, bytes, rows, pass, (long)found[5]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Table(IReadOnlyList<SetResult> sets, IReadOnlyList<CommandResult> commands, int limit)
    {
        var text = new StringBuilder();
        text.Append("# Data sets of a million rows\n\nWritten by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- "
            + "sets`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            Each data set is generated, then read in its own process with a managed heap limited to {limit} MiB (`DOTNET_GCHeapHardLimit`): the process opens it, reads it once in random order on one thread, through a buffer of 10,000 samples, loading all captions, image bytes or rows, and then resumes from a position saved in the middle, which must give the same samples. Pictures are not decoded, and pictures named by lists are not read. "Held" is the managed memory of the open data set; "held a row" is that memory divided by the captions or rows. "Peak" is the highest resident memory of the process, including the runtime's own 40 to 60 MB. The files were just written, so most reads come from the system's cache.

            | data set | samples | captions or rows | files, MB | held, MB | held a row, bytes | peak, MB | open, s | samples/s | resume, s |
            |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (var r in sets)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {r.Form} | {r.Pass.Samples:N0} | {r.Captions:N0} | {r.FileBytes / 1e6:N0} | {r.Pass.HeldBytes / 1e6:f1} | "
                    + $"{Math.Max(0, r.Pass.HeldBytes) / r.Captions} | {r.PeakBytes / 1e6:f0} | {r.Pass.OpenSeconds:f2} | "
                    + $"{r.Pass.Samples / r.Pass.PassSeconds:N0} | {r.Pass.ResumeSeconds:f2} |\n");
        }

        text.Append("""

            Each command runs in its own process without a memory limit, on a tenth of the rows and on all rows. `embed` runs a CLIP of width 32 with random weights, so its time is that of everything else; `search` reads the float16 rows in blocks; `evaluate` holds all rows as float32.

            | command | rows | seconds | peak, MB |
            |---|--:|--:|--:|

            """);
        foreach (var c in commands)
            text.Append(CultureInfo.InvariantCulture, $"| {c.Command} | {c.Rows:N0} | {c.Seconds:f1} | {c.PeakBytes / 1e6:f0} |\n");
        return text.ToString();
    }

    private static void WriteJson(IReadOnlyList<SetResult> sets, IReadOnlyList<CommandResult> commands)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        writer.WriteStartArray("sets");
        foreach (var r in sets)
        {
            writer.WriteStartObject();
            writer.WriteString("form", r.Form);
            writer.WriteNumber("samples", r.Pass.Samples);
            writer.WriteNumber("captions", r.Captions);
            writer.WriteNumber("file_bytes", r.FileBytes);
            writer.WriteNumber("held_bytes", r.Pass.HeldBytes);
            writer.WriteNumber("peak_bytes", r.PeakBytes);
            writer.WriteNumber("open_seconds", r.Pass.OpenSeconds);
            writer.WriteNumber("pass_seconds", r.Pass.PassSeconds);
            writer.WriteNumber("resume_seconds", r.Pass.ResumeSeconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("commands");
        foreach (var c in commands)
        {
            writer.WriteStartObject();
            writer.WriteString("command", c.Command);
            writer.WriteNumber("rows", c.Rows);
            writer.WriteNumber("seconds", c.Seconds);
            writer.WriteNumber("peak_bytes", c.PeakBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
