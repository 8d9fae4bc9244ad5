using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Measures;

/// <summary>
/// Mean and covariance of rows that come in blocks, twice: once for the mean, once for what lies around it. Products of a block are
/// float32, sums over blocks float64. The same bits for any number of threads.
/// </summary>
internal sealed unsafe class StreamedMoments(int width)
{
    /// <summary>Rows of a block, except for the last.</summary>
    public const int BlockRows = 4096;

    private readonly double[] _mean = new double[width];
    private readonly double[] _products = new double[checked(width * width)];
    private double _fourthPowers;
    private long _meanRows, _rows;

    /// <summary>First pass: adds a block to the mean.</summary>
    /// <param name="block">[B, D].</param>
    /// <param name="rows">How many of its rows count.</param>
    public void AddMean(Tensor block, int rows)
    {
        fixed (double* sums = _mean) RowSums.Add(block.Pointer, rows, width, sums);
        GC.KeepAlive(block);
        _meanRows += rows;
    }

    /// <summary>Second pass, after all blocks were added to the mean: adds a block to the covariance.</summary>
    /// <param name="block">[B, D].</param>
    /// <param name="rows">How many of its rows count.</param>
    public void AddCovariance(Tensor block, int rows)
    {
        using var scratch = new Scratch();
        float* centred;
        double[] mean = Mean();
        fixed (double* centre = mean) centred = RowSums.Centred(block.Pointer, rows, width, centre, scratch);
        GC.KeepAlive(block);
        float* products = scratch.Floats(_products.Length);
        Gemm.Run(width, width, rows, new(centred, 1, width), new(centred, width), new(products, width), accumulate: false);
        for (int i = 0; i < _products.Length; i++) _products[i] += products[i];
        for (int i = 0; i < rows; i++)
        {
            double square = TensorPrimitives.SumOfSquares(new ReadOnlySpan<float>(centred + ((long)i * width), width));
            _fourthPowers += square * square;
        }

        _rows += rows;
    }

    /// <summary>[D].</summary>
    public double[] Mean() => [.. _mean.Select(sum => sum / _meanRows)];

    /// <summary>[D, D], over rows - 1.</summary>
    public double[] Covariance() => [.. _products.Select(sum => sum / (_rows - 1))];

    /// <summary>
    /// How far Ledoit and Wolf (2004, "A well-conditioned estimator for large-dimensional covariance matrices") shrink the covariance
    /// towards mean variance times identity, 0 to 1: the expected squared error of the covariance over its squared distance from there.
    /// </summary>
    public double LedoitWolf()
    {
        double squares = TensorPrimitives.SumOfSquares<double>(_products) / ((double)_rows * _rows), trace = 0;
        for (int d = 0; d < width; d++) trace += _products[(d * width) + d] / _rows;
        double error = ((_fourthPowers / _rows) - squares) / _rows, distance = squares - (trace * trace / width);
        return distance <= error ? 1 : Math.Max(0, error / distance);
    }
}
