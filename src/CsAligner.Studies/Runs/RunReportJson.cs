using System.Text.Json;
using CsAligner.Reports.Content;
using CsAligner.Tensors.Formats;

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
        JsonNumbers.Write(writer, "bandwidth", cell.Bandwidth);
        JsonNumbers.Write(writer, "cs_divergence_off_diagonal", cell.Divergence);
        JsonNumbers.Write(writer, "image_to_text_r1", cell.ImageToTextRecall1);
        JsonNumbers.Write(writer, "text_to_image_r1", cell.TextToImageRecall1);
        JsonNumbers.Write(writer, "image_to_text_r10", cell.ImageToTextRecall10);
        JsonNumbers.Write(writer, "text_to_image_r10", cell.TextToImageRecall10);
        JsonNumbers.Write(writer, "uniformity_x", cell.ImageUniformity);
        JsonNumbers.Write(writer, "uniformity_y", cell.TextUniformity);
        JsonNumbers.Write(writer, "centroid_gap", cell.CentroidGap);
        writer.WriteEndObject();
    }

    private static void WriteGap(Utf8JsonWriter writer, GapAnalysis gap)
    {
        writer.WriteStartObject();
        writer.WriteString("method", gap.Method);
        JsonNumbers.Write(writer, "cs_divergence_off_diagonal", gap.Split.Divergence);
        JsonNumbers.Write(writer, "centroid_part", gap.Split.CentroidPart);
        JsonNumbers.Write(writer, "distribution_part", gap.Split.DivergenceCentred);
        JsonNumbers.Write(writer, "distribution_part_bandwidth", gap.Split.BandwidthCentred);
        JsonNumbers.Write(writer, "frechet_means", gap.Split.FrechetMeans);
        JsonNumbers.Write(writer, "frechet_covariances", gap.Split.FrechetCovariances);
        JsonNumbers.Write(writer, "separability", gap.Separability.Accuracy);
        writer.WriteEndObject();
    }
}
