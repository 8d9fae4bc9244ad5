using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// The Gaussian kernel's logits -|x_i - y_j|^2 / (2 sigma^2) as factor * score + column offset + row offset; never above 0, which
/// is the clamp of squared distances.
/// </summary>
internal sealed unsafe class KernelLogits
{
    public KernelLogits(CentredRows x, CentredRows y, double sigma, Scratch scratch)
    {
        Factor = (float)(1 / (sigma * sigma));
        Rows = Offsets(x, scratch);
        Columns = ReferenceEquals(x, y) ? Rows : Offsets(y, scratch);
    }

    public float Factor { get; }

    /// <summary>One a row, [M].</summary>
    public float* Rows { get; }

    /// <summary>One a column, <see cref="ScoreEpilogueKernel.MaskOffset"/> behind the last.</summary>
    public float* Columns { get; }

    private float* Offsets(CentredRows rows, Scratch scratch)
    {
        float* offsets = scratch.Floats(ScoreEpilogueKernel.Padded(rows.Count), ScoreEpilogueKernel.MaskOffset);
        for (int i = 0; i < rows.Count; i++) offsets[i] = (float)(-rows.HalfNorms[i] * Factor);
        return offsets;
    }
}
