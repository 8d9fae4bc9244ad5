using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Evaluation;

/// <summary>
/// How far two sets of rows lie apart, as <c>csalign measure</c> prints it. Values without meaning for the input are null:
/// pairs where the numbers of rows differ and none are given, what needs two rows if there is one.
/// </summary>
public sealed record DistributionMeasures
{
    /// <summary>Rows of x.</summary>
    public required int RowsX { get; init; }

    /// <summary>Rows of y.</summary>
    public required int RowsY { get; init; }

    /// <summary>Width of both.</summary>
    public required int Dim { get; init; }

    /// <summary>sigma in use. A divergence without its sigma means nothing.</summary>
    public required double Bandwidth { get; init; }

    /// <summary>D_CS, biased: on few rows it has a floor that is not zero.</summary>
    public required double CsDivergence { get; init; }

    /// <summary>D_CS with the diagonals of the self terms left out: nearly unbiased, may be negative.</summary>
    public required double? CsDivergenceOffDiagonal { get; init; }

    /// <summary>Biased MMD^2 with the same kernel.</summary>
    public required double Mmd { get; init; }

    /// <summary>Squared Frechet distance, covariances over n - 1.</summary>
    public required double? Frechet { get; init; }

    /// <summary>Norm of the difference of the two means.</summary>
    public required double CentroidGap { get; init; }

    /// <summary>Mean squared distance of pairs.</summary>
    public required double? Alignment { get; init; }

    /// <summary>ln of the mean of exp(-2 d^2) over distinct rows of x; lower is more spread out.</summary>
    public required double? UniformityX { get; init; }

    /// <summary>The same for y.</summary>
    public required double? UniformityY { get; init; }

    /// <summary>Mean cosine of pairs.</summary>
    public required double? MeanCosinePairs { get; init; }

    /// <summary>Mean cosine of all other combinations of x and y.</summary>
    public required double? MeanCosineOthers { get; init; }

    /// <summary>Landmarks of the estimate; null if everything is exact.</summary>
    public int? Features { get; init; }

    /// <summary>Standard error of the two D_CS where they are estimated.</summary>
    public double? CsDivergenceStandardError { get; init; }

    /// <summary>
    /// Writes the contract's keys, in its order, into an object that the caller has begun; estimates add
    /// <c>estimator</c>, <c>features</c> and <c>cs_divergence_standard_error</c>.
    /// </summary>
    public void WriteProperties(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("rows_x", RowsX);
        writer.WriteNumber("rows_y", RowsY);
        writer.WriteNumber("dim", Dim);
        writer.WriteNumber("bandwidth", Bandwidth);
        JsonNumbers.Write(writer, "cs_divergence", CsDivergence);
        JsonNumbers.Write(writer, "cs_divergence_off_diagonal", CsDivergenceOffDiagonal);
        JsonNumbers.Write(writer, "mmd", Mmd);
        JsonNumbers.Write(writer, "frechet", Frechet);
        JsonNumbers.Write(writer, "centroid_gap", CentroidGap);
        JsonNumbers.Write(writer, "alignment", Alignment);
        JsonNumbers.Write(writer, "uniformity_x", UniformityX);
        JsonNumbers.Write(writer, "uniformity_y", UniformityY);
        JsonNumbers.Write(writer, "mean_cosine_pairs", MeanCosinePairs);
        JsonNumbers.Write(writer, "mean_cosine_others", MeanCosineOthers);
        if (Features is not { } features) return;
        writer.WriteString("estimator", "nystrom");
        writer.WriteNumber("features", features);
        JsonNumbers.Write(writer, "cs_divergence_standard_error", CsDivergenceStandardError);
    }

    /// <summary>Writes the contract's keys as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        WriteProperties(writer);
        writer.WriteEndObject();
    }
}
