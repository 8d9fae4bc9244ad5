using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Sweeps;

/// <summary>
/// results.csv: one line for each test of each finished run, with the version that ran it. Runs in it are not repeated.
/// </summary>
internal static class SweepFile
{
    private static string Header => $"cell,seed,test,{WrittenBy.Key},{Measures}";

    // What was written before files said by what.
    private static string UnsignedHeader => "cell,seed,test," + Measures;

    private static string Measures => string.Join(',', SweepResult.Columns.Select(c => c.Name));

    public static void Write(string path, IEnumerable<SweepResult> results)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var result in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"\"{result.Cell}\",{result.Seed},\"{result.Test}\",\"{result.WrittenBy}\"");
            foreach (var (_, value) in SweepResult.Columns)
                text.Append(',').Append(value(result).ToString("R", CultureInfo.InvariantCulture));
            text.Append('\n');
        }

        AtomicFile.WriteAllText(path, text.ToString());
    }

    /// <summary>The same for <c>--json</c>.</summary>
    public static void WriteJson(Utf8JsonWriter writer, IEnumerable<SweepResult> results)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("results");
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteString("cell", result.Cell);
            writer.WriteNumber("seed", result.Seed);
            writer.WriteString("test", result.Test);
            foreach (var (name, value) in SweepResult.Columns) JsonNumbers.Write(writer, name, value(result));

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static List<SweepResult> Read(string path)
    {
        var results = new List<SweepResult>();
        if (!File.Exists(path)) return results;
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || (lines[0] != Header && lines[0] != UnsignedHeader))
            throw new InputException($"{path}: its columns are not those of this version; give another --out");
        bool signed = lines[0] == Header;
        for (int i = 1; i < lines.Length; i++)
        {
            // Names hold commas but no quotes.
            string[] quoted = lines[i].Split('"');
            string[] numbers = quoted.Length == (signed ? 7 : 5) ? quoted[^1].Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
            var v = new double[numbers.Length];
            bool whole = numbers.Length == SweepResult.Columns.Count;
            for (int n = 0; n < numbers.Length; n++)
                whole &= double.TryParse(numbers[n], NumberStyles.Float, CultureInfo.InvariantCulture, out v[n]);
            ulong seed = 0;
            if (!whole || !ulong.TryParse(quoted[2].Trim(','), NumberStyles.None, CultureInfo.InvariantCulture, out seed))
                throw new InputException($"{path}: line {i + 1} is damaged; remove the file, or give another --out");
            results.Add(new SweepResult
            {
                Cell = quoted[1],
                Seed = seed,
                Test = quoted[3],
                WrittenBy = signed ? quoted[5] : "",
                Divergence = v[0],
                ImageToText = v[1],
                TextToImage = v[2],
                UniformityX = v[4],
                UniformityY = v[5],
                CentroidGap = v[6],
                Bandwidth = v[7],
                Lambda = v[8],
                Parameters = v[9],
                Seconds = v[10],
                PeakMebibytes = v[11],
                ImageToText10 = v[12],
                TextToImage10 = v[13],
            });
        }

        return results;
    }
}
