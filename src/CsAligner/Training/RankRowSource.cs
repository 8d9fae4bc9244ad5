using CsAligner.Objectives;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>Rows that ranks hold among them, in the order given: reading is a collective operation, of the same rows everywhere.</summary>
/// <param name="samples">The rows' numbers.</param>
/// <param name="width">D.</param>
/// <param name="gather">Gets rows by their numbers.</param>
internal sealed class RankRowSource(int[] samples, int width, Func<int[], Tensor> gather) : IRowSource
{
    public int Rows => samples.Length;

    public int Width => width;

    public void Read(int first, Span<float> rows) => gather(samples[first..(first + (rows.Length / width))]).Span.CopyTo(rows);
}
