using System.Text.Json;

namespace CsAligner.Generation.Fidelity;

/// <summary>How near a set of rows lies to training.</summary>
/// <param name="Median">Median over the rows of the cosine to the nearest training row.</param>
/// <param name="Max">The largest of them.</param>
public sealed record CosineSummary(double Median, double Max)
{
    internal static CosineSummary Of(IReadOnlyList<NearestTrainingRow> nearest)
    {
        double[] sorted = [.. nearest.Select(row => row.Cosine).Order()];
        return new CosineSummary(0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]), sorted[^1]);
    }

    /// <summary>Writes median and max as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("median", Median);
        writer.WriteNumber("max", Max);
        writer.WriteEndObject();
    }
}
