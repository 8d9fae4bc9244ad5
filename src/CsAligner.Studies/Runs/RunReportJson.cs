using System.Text.Json;
using CsAligner.Reports.Content;

namespace CsAligner.Studies.Runs;

/// <summary>The report as JSON, for scripts. Missing values are null.</summary>
internal static class RunReportJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<AlignRun> runs, ReportContent content)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("runs");
        foreach (AlignRun run in runs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", run.Name);
            writer.WriteString("folder", run.Folder);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("marked", content.After.Length > 0 ? content.After : null);
        writer.WriteStartArray("measurements");
        foreach (Measurement cell in content.Measurements) WriteMeasurement(writer, cell);
        writer.WriteEndArray();
        writer.WriteStartArray("gaps");
        foreach (GapAnalysis gap in content.Gaps) WriteGap(writer, gap);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteMeasurement(Utf8JsonWriter writer, Measurement cell)
    {
        writer.WriteStartObject();
        writer.WriteString("method", cell.Method);
        writer.WriteString("test_set", cell.TestSet);
        writer.WriteNumber("pairs", cell.Pairs);
        WriteNumber(writer, "bandwidth", cell.Bandwidth);
        WriteNumber(writer, "cs_divergence_off_diagonal", cell.Divergence);
        WriteNumber(writer, "image_to_text_r1", cell.ImageToTextRecall1);
        WriteNumber(writer, "text_to_image_r1", cell.TextToImageRecall1);
        WriteNumber(writer, "image_to_text_r10", cell.ImageToTextRecall10);
        WriteNumber(writer, "text_to_image_r10", cell.TextToImageRecall10);
        WriteNumber(writer, "uniformity_x", cell.ImageUniformity);
        WriteNumber(writer, "uniformity_y", cell.TextUniformity);
        WriteNumber(writer, "centroid_gap", cell.CentroidGap);
        writer.WriteEndObject();
    }

    private static void WriteGap(Utf8JsonWriter writer, GapAnalysis gap)
    {
        writer.WriteStartObject();
        writer.WriteString("method", gap.Method);
        WriteNumber(writer, "cs_divergence_off_diagonal", gap.Split.Divergence);
        WriteNumber(writer, "centroid_part", gap.Split.CentroidPart);
        WriteNumber(writer, "distribution_part", gap.Split.DivergenceCentred);
        WriteNumber(writer, "distribution_part_bandwidth", gap.Split.BandwidthCentred);
        WriteNumber(writer, "frechet_means", gap.Split.FrechetMeans);
        WriteNumber(writer, "frechet_covariances", gap.Split.FrechetCovariances);
        WriteNumber(writer, "separability", gap.Separability.Accuracy);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string key, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(key, value);
        else writer.WriteNull(key);
    }
}
