using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Starts;

/// <summary>Between rows and the small matrices that closed forms are made of.</summary>
internal static class RowMatrices
{
    /// <summary>a' b of rows; Math.NET stores columns, so it takes the rows of b' a.</summary>
    /// <param name="a">[N, D].</param>
    /// <param name="b">[N, E].</param>
    public static Matrix<double> Product(Tensor a, Tensor b)
    {
        using var tape = Tape.Inference();
        double[] columns = [.. tape.MatMul(b, a, transposeA: true).Span.ToArray().Select(v => (double)v)];
        return Matrix<double>.Build.Dense(a.Width, b.Width, columns);
    }

    /// <summary>The same numbers as a tensor.</summary>
    public static Tensor ToTensor(Matrix<double> matrix) =>
        Tensor.From([.. matrix.ToRowMajorArray().Select(v => (float)v)], matrix.RowCount, matrix.ColumnCount);
}
