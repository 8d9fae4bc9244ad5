using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Fidelity;

/// <summary>
/// How close generated pictures are to real ones, as <c>csalign fidelity</c> prints it, in the space of one encoder: numbers of
/// different encoders do not compare. Values that need more rows are null.
/// </summary>
public sealed record FidelityMeasures
{
    /// <summary>Rows of generated pictures, M.</summary>
    public required int GeneratedRows { get; init; }

    /// <summary>Rows of real pictures, N.</summary>
    public required int ReferenceRows { get; init; }

    /// <summary>Width of both, D.</summary>
    public required int Dim { get; init; }

    /// <summary>Squared Frechet distance, covariances over n - 1; 0 or more, too large for few rows.</summary>
    public required double Frechet { get; init; }

    /// <summary>
    /// Kernel distance (KID, Binkowski et al. 2018, arXiv 1801.01401): the unbiased MMD^2 with the kernel (x.y / D + 1)^3 over all
    /// rows. About 0 for samples of one distribution, and then as often negative.
    /// </summary>
    public required double KernelDistance { get; init; }

    /// <summary>Its standard error by the jackknife that leaves one row out; null if a side has fewer than 3 rows.</summary>
    public required double? KernelDistanceError { get; init; }

    /// <summary>
    /// CMMD (Jayasumana et al. 2024, arXiv 2401.09603): 1000 times the biased MMD^2 with a Gaussian kernel of sigma = 10 between
    /// rows scaled to length 1; 0 or more.
    /// </summary>
    public required double Cmmd { get; init; }

    /// <summary>
    /// Share of generated rows within the k-nearest-neighbour ball of a reference row, 0 to 1 (Kynkaanniemi et al. 2019, arXiv
    /// 1904.06991). Null if the reference has at most k rows.
    /// </summary>
    public required double? Precision { get; init; }

    /// <summary>The same for reference rows and the balls of generated rows. Null if at most k rows are generated.</summary>
    public required double? Recall { get; init; }

    /// <summary>
    /// Balls of reference rows that a generated row lies in, over k: 0 or more, 1 for one distribution (Naeem et al. 2020, arXiv
    /// 2002.09797). Null if the reference has at most k rows.
    /// </summary>
    public required double? Density { get; init; }

    /// <summary>Share of reference rows with a generated row within their ball, 0 to 1 (Naeem et al. 2020). Null as the density.</summary>
    public required double? Coverage { get; init; }

    /// <summary>k: a ball's radius is the distance from its row to the k-th nearest other row of the same set.</summary>
    public required int Neighbours { get; init; }

    /// <summary>Copies of training rows; null without a training set.</summary>
    public TrainingMeasures? Training { get; init; }

    /// <summary>
    /// Writes the contract's keys up to <c>k</c>, in its order, into an object that the caller has begun; <see cref="Training"/> is not
    /// among them, for its keys name what the caller knows of rows.
    /// </summary>
    public void WriteProperties(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("generated_rows", GeneratedRows);
        writer.WriteNumber("reference_rows", ReferenceRows);
        writer.WriteNumber("dim", Dim);
        JsonNumbers.Write(writer, "frechet", Frechet);
        JsonNumbers.Write(writer, "kernel_distance", KernelDistance);
        JsonNumbers.Write(writer, "kernel_distance_error", KernelDistanceError);
        JsonNumbers.Write(writer, "cmmd", Cmmd);
        JsonNumbers.Write(writer, "precision", Precision);
        JsonNumbers.Write(writer, "recall", Recall);
        JsonNumbers.Write(writer, "density", Density);
        JsonNumbers.Write(writer, "coverage", Coverage);
        writer.WriteNumber("k", Neighbours);
    }
}
