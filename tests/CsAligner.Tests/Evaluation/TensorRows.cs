using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;

namespace CsAligner.Tests.Evaluation;

/// <summary>The rows of a tensor as a source.</summary>
internal sealed class TensorRows(Tensor tensor) : IRowSource
{
    public int Rows => tensor.Rows;

    public int Width => tensor.Width;

    public void Read(int first, Span<float> rows) => tensor.Span.Slice(first * Width, rows.Length).CopyTo(rows);
}
