using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Tests.Interop;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>One product on memory that ends at an unmapped page, with the float64 definition beside it.</summary>
internal sealed unsafe class GemmCase : IDisposable
{
    // Written around C's rows; an arithmetic result never has these bits.
    private static readonly float Untouched = BitConverter.UInt32BitsToSingle(0x7FC0BEEF);

    private readonly int _m, _n, _k, _aRow, _aCol, _bRow, _bCol, _cRow;
    private readonly GuardedFloats _a, _b, _c;
    private readonly float[] _before;

    public GemmCase(int m, int n, int k, MatrixLayout a = MatrixLayout.Rows, MatrixLayout b = MatrixLayout.Rows, int gap = 0, int seed = 1)
    {
        (_m, _n, _k) = (m, n, k);
        (_aRow, _aCol) = Strides(a, m, k);
        (_bRow, _bCol) = Strides(b, k, n);
        _cRow = n + gap;
        var random = new Random(seed);
        _a = Fill(Extent(m, k, _aRow, _aCol), random);
        _b = Fill(Extent(k, n, _bRow, _bCol), random);
        // C's last row ends at the unmapped page.
        _c = Fill(Extent(m, n, _cRow, 1), random);
        for (int i = 0; i < m; i++)
        {
            for (int j = n; j < _cRow && i < m - 1; j++) _c.Span[i * _cRow + j] = Untouched;
        }
        _before = _c.Span.ToArray();
    }

    public Span<float> A => _a.Span;

    public Span<float> B => _b.Span;

    public float this[int i, int j] => _c.Pointer[i * _cRow + j];

    public void SetA(int i, int p, float value) => _a.Pointer[i * _aRow + p * _aCol] = value;

    public void SetB(int p, int j, float value) => _b.Pointer[p * _bRow + j * _bCol] = value;

    public void FillC(float value) => _before.AsSpan().Fill(value);

    public void Run(bool accumulate)
    {
        _before.CopyTo(_c.Span);
        Gemm.Run(_m, _n, _k, new(_a.Pointer, _aRow, _aCol), new(_b.Pointer, _bRow, _bCol), new(_c.Pointer, _cRow), accumulate);
    }

    /// <summary>The bits of C, gaps included.</summary>
    public uint[] Bits() => [.. _c.Span.ToArray().Select(BitConverter.SingleToUInt32Bits)];

    /// <summary>
    /// Compares every <paramref name="step"/>-th element with the definition. A chain of k roundings is off by at most
    /// k * eps / (1 - k * eps) times the sum of absolute products (Higham), eps = 2^-24; adding C rounds once or twice more.
    /// </summary>
    public void Check(bool accumulate, int step = 1)
    {
        double unit = (_k + 3) * Math.Pow(2, -24) * 1.01;
        for (long index = 0; index < (long)_m * _n; index += step)
        {
            int i = (int)(index / _n), j = (int)(index % _n);
            double sum = accumulate ? _before[i * _cRow + j] : 0, size = Math.Abs(sum);
            for (int p = 0; p < _k; p++)
            {
                double product = (double)_a.Pointer[i * _aRow + p * _aCol] * _b.Pointer[p * _bRow + j * _bCol];
                sum += product;
                size += Math.Abs(product);
            }
            double error = Math.Abs(this[i, j] - sum);
            Assert.True(error <= unit * size, $"{this}: C[{i}, {j}] = {this[i, j]:R}, expected {sum:R}");
        }
        for (int i = 0; i < _m - 1; i++)
        {
            for (int j = _n; j < _cRow; j++)
            {
                Assert.True(
                    BitConverter.SingleToUInt32Bits(this[i, j]) == BitConverter.SingleToUInt32Bits(Untouched),
                    $"{this}: wrote beyond row {i} of C");
            }
        }
    }

    public override string ToString() =>
        $"m {_m} n {_n} k {_k}, A strides {_aRow} {_aCol}, B strides {_bRow} {_bCol}, C stride {_cRow}, " +
        $"{Simd.NameOf(Simd.Path)}, {Compute.Threads} threads";

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
    }

    private static (int Row, int Column) Strides(MatrixLayout layout, int rows, int columns) => layout switch
    {
        MatrixLayout.Rows => (columns, 1),
        MatrixLayout.Columns => (1, rows),
        MatrixLayout.WideRows => (columns + 5, 1),
        MatrixLayout.TallColumns => (1, rows + 3),
        _ => (2 * columns + 1, 2),
    };

    private static int Extent(int rows, int columns, int row, int column) =>
        rows == 0 || columns == 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1;

    private static GuardedFloats Fill(int count, Random random)
    {
        var memory = new GuardedFloats(count);
        foreach (ref float x in memory.Span) x = random.NextSingle() * 2 - 1;
        return memory;
    }
}
