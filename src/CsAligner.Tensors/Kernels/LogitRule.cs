using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// How a score becomes a logit: min(limit, factor * (score - (rowOffset_i + columnOffset_j))).
/// A Gaussian kernel has offsets |x|^2/2 and |y|^2/2, factor 1/sigma^2 and limit 0 (the clamp of the squared distance);
/// InfoNCE has no offsets, factor 1/tau and no limit.
/// </summary>
internal readonly unsafe struct LogitRule(float* rowOffsets, float* columnOffsets, float factor, float limit)
{
    public static LogitRule Gaussian(float* halfNormsX, float* halfNormsY, double sigma) => new(halfNormsX, halfNormsY, (float)(1 / (sigma * sigma)), 0);

    public static LogitRule InfoNce(double scale) => new(null, null, (float)scale, float.PositiveInfinity);

    /// <summary>The rule for a tile that begins at this row and column.</summary>
    public LogitRule At(int row, int column) => rowOffsets == null ? this : new(rowOffsets + row, columnOffsets + column, factor, limit);

    public float RowOffset(int row) => rowOffsets == null ? 0 : rowOffsets[row];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Apply(Vector256<float> scores, Vector256<float> rowOffset, int column)
    {
        var offset = columnOffsets == null ? rowOffset : rowOffset + Vector256.Load(columnOffsets + column);
        return Vector256.MinNative((scores - offset) * factor, Vector256.Create(limit));
    }
}
