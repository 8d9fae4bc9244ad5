using System.Numerics.Tensors;
using CsAligner.Objectives;
using CsAligner.Tensors;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Retrieval;

/// <summary>Rows scaled to length 1 as they are read. Rows that are of length 1 up to rounding stay as they are, bit for bit.</summary>
internal sealed class UnitRows(IRowSource source, string name) : IRowSource
{
    private const double Rounding = 1e-6;

    public int Rows => source.Rows;

    public int Width => source.Width;

    public void Read(int first, Span<float> rows)
    {
        source.Read(first, rows);
        int width = Width;
        var wide = new double[width];
        for (int row = 0; row < rows.Length / width; row++)
        {
            Span<float> values = rows.Slice(row * width, width);
            TensorPrimitives.ConvertTruncating<float, double>(values, wide);
            double squared = TensorPrimitives.SumOfSquares<double>(wide);
            if (!(squared > 0 && double.IsFinite(squared)))
                throw new InputException($"search: row {(long)first + row} of the {name} has the squared length {squared}; every row needs "
                    + "finite values and a direction: remove it or encode it again");
            if (Math.Abs(squared - 1) <= 2 * Rounding) continue;
            TensorPrimitives.Divide(wide, Math.Sqrt(squared), wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide, values);
        }
    }

    /// <summary>The rows of a tensor.</summary>
    internal sealed class OfTensor(Tensor rows) : IRowSource
    {
        public int Rows => rows.Rows;

        public int Width => rows.Width;

        public void Read(int first, Span<float> into) =>
            rows.Span.Slice(checked(first * rows.Width), into.Length).CopyTo(into);
    }
}
