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
    private const string Names = "cell,seed,test,";

    private static string Header => $"{Names}{WrittenBy.Key},{string.Join(',', SweepResult.Columns.Select(c => c.Name))}";

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
        bool signed = lines.Length > 0 && lines[0].StartsWith($"{Names}{WrittenBy.Key},", StringComparison.Ordinal);

        // Files from before they said by what, and from before there were the later columns, are read as well.
        string[] columns = lines.Length == 0 || !lines[0].StartsWith(Names, StringComparison.Ordinal) ? []
            : lines[0][(Names.Length + (signed ? WrittenBy.Key.Length + 1 : 0))..].Split(',');
        string[] known = [.. SweepResult.Columns.Select(c => c.Name)];
        if (columns.Distinct().Count() < columns.Length || columns.Except(known).Any()
            || known.Except(columns).Except(SweepResult.LaterColumns).Any())
            throw new InputException($"{path}: its columns are not those of this version; give another --out");
        for (int i = 1; i < lines.Length; i++)
        {
            // Names hold commas but no quotes.
            string[] quoted = lines[i].Split('"');
            string[] numbers = quoted.Length == (signed ? 7 : 5) ? quoted[^1].Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
            var values = new Dictionary<string, double>();
            bool whole = numbers.Length == columns.Length;
            for (int n = 0; whole && n < numbers.Length; n++)
            {
                whole = double.TryParse(numbers[n], NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
                values[columns[n]] = value;
            }

            ulong seed = 0;
            if (!whole || !ulong.TryParse(quoted[2].Trim(','), NumberStyles.None, CultureInfo.InvariantCulture, out seed))
                throw new InputException($"{path}: line {i + 1} is damaged; remove the file, or give another --out");
            results.Add(new SweepResult
            {
                Cell = quoted[1],
                Seed = seed,
                Test = quoted[3],
                WrittenBy = signed ? quoted[5] : "",
                Divergence = Of("cs_divergence_off_diagonal"),
                ImageToText = Of("image_to_text_r1"),
                TextToImage = Of("text_to_image_r1"),
                UniformityX = Of("uniformity_x"),
                UniformityY = Of("uniformity_y"),
                CentroidGap = Of("centroid_gap"),
                Bandwidth = Of("bandwidth"),
                Lambda = Of("lambda"),
                Parameters = Of("parameters"),
                MixedText10 = Of("mixed_text_query_r10"),
                MixedImage10 = Of("mixed_image_query_r10"),
                Setting = Of("baseline_setting"),
                Seconds = Of("seconds"),
                PeakMebibytes = Of("peak_mib"),
                ImageToText10 = Of("image_to_text_r10"),
                TextToImage10 = Of("text_to_image_r10"),
                Labels = SweepLabels.Read(Of),
                Drawn = DrawnMeasures.Read(Of),
            });

            double Of(string column) => values.GetValueOrDefault(column, double.NaN);
        }

        return results;
    }
}
