using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Training;

/// <summary>Some of a side's frozen features, in the order given.</summary>
internal sealed class ChosenRows(SampleFeatures features, int[] samples) : IRowSource
{
    public int Rows => samples.Length;

    public int Width => features.Width;

    /// <summary>All of them.</summary>
    public Tensor ToTensor()
    {
        var rows = new Tensor(Rows, Width);
        Read(0, rows.Span);
        return rows;
    }

    public void Read(int first, Span<float> rows)
    {
        using var tape = Tape.Inference();
        int count = rows.Length / Width;
        features.Read(tape, samples.AsSpan(first, count), count, tokens: false).Span[..rows.Length].CopyTo(rows);
    }
}
