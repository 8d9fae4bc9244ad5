using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// Logits of a rank's own rows with all rows of a set: factor * score + offset of the column + offset of the row. Those of the kernel and
/// those of InfoNCE differ in what the offsets are; see <see cref="KernelLogits"/> and <see cref="InfoNceLogits"/>.
/// </summary>
/// <param name="factor">1 / sigma^2, or the scale.</param>
/// <param name="rows">Offsets of the own rows.</param>
/// <param name="columns">Offsets of all columns, <see cref="ScoreEpilogueKernel.MaskOffset"/> behind the last.</param>
internal readonly unsafe struct RowLogits(float factor, float* rows, float* columns)
{
    public float Factor => factor;

    public float* Rows => rows;

    public float* Columns => columns;

    /// <summary>Offsets in float32, masked behind the last.</summary>
    /// <param name="values">So many doubles apart.</param>
    /// <param name="stride">Doubles from one row to the next.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="total">How many there would be, were none masked.</param>
    /// <param name="factor">What each is multiplied by.</param>
    /// <param name="scratch">Where they are kept.</param>
    public static float* Offsets(double* values, int stride, int count, int total, double factor, Scratch scratch)
    {
        float* offsets = scratch.Floats(ScoreEpilogueKernel.Padded(total), ScoreEpilogueKernel.MaskOffset);
        for (int i = 0; i < count; i++) offsets[i] = (float)(values[(nint)i * stride] * factor);
        return offsets;
    }
}
