using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// One head of attention over one sequence: T tokens of D dimensions, all of it in a core's caches. Queries go through in
/// blocks, so that what is in work does not grow with T². Products are done in the tiles of linear layers, for which one
/// operand is laid out in panels, as in <see cref="PackedWeights"/>; rows and columns that fill up a tile hold anything and
/// are dropped. One object per thread is kept, so that calls allocate nothing after the first.
/// </summary>
internal sealed unsafe class AttentionHead
{
    // A multiple of every path's rows of a tile.
    private const int QueryBlock = 60;

    [ThreadStatic]
    private static AttentionHead? _ofThisThread;

    private readonly AlignedBuffer _buffer = new();
    private LinearKernel _kernel = null!;
    private delegate*<float*, int, int, void> _softmax;
    private delegate*<float*, float*, float, int, void> _softmaxBackward;
    private SimdPath? _path;
    private bool _fastTranspose;

    // T and D, filled up to whole panels of columns and whole tiles of rows; how many queries are in work at once.
    private int _tokens, _width, _tokenColumns, _widthColumns, _tokenRows, _queries;
    private float* _transposed, _panels, _rows, _weights, _gradients, _result, _transposedWeights, _rowPanels, _dKeys, _dValues;

    public static AttentionHead For(int tokens, int width)
    {
        var head = _ofThisThread ??= new AttentionHead();
        head.Plan(tokens, width);
        return head;
    }

    /// <summary>
    /// y = softmax(q kᵀ scale) v; with <paramref name="causal"/> row i sees the first i + 1 keys. The probabilities [T, T] are kept
    /// where they are not null.
    /// </summary>
    public void Forward(in HeadRows x, float scale, bool causal, float* probabilities, float* y, nint yStride)
    {
        float* q = x.Queries;
        nint stride = x.Stride;
        PackTransposed(x.Keys, stride, _tokens, _width, _transposed);
        Copy(x.Values, stride, _tokens, _panels);
        for (int start = 0; start < _tokens; start += _queries)
        {
            int count = Math.Min(_queries, _tokens - start);
            for (int i = 0; i < count; i++)
                TensorPrimitives.Multiply(Row(q + ((start + i) * stride), _width), scale, Row(_rows + (i * _width), _width));
            Multiply(_rows, _width, count, _width, _transposed, _tokenColumns, _weights, accumulate: false);
            for (int i = 0; i < count; i++)
            {
                float* row = _weights + (i * _tokenColumns);
                _softmax(row, causal ? start + i + 1 : _tokens, _tokenColumns);
                if (probabilities is not null) Row(row, _tokens).CopyTo(Row(probabilities + ((nint)(start + i) * _tokens), _tokens));
            }

            Multiply(_weights, _tokenColumns, count, _tokens, _panels, _widthColumns, _result, accumulate: false);
            Put(_result, count, y + (start * yStride), yStride, accumulate: false);
        }
    }

    /// <summary>dx (+)= the gradients.</summary>
    public void Backward(
        in HeadRows x, float scale, float* probabilities, float* dy, nint dyStride, in HeadRows dx, bool accumulate)
    {
        float* q = x.Queries;
        nint stride = x.Stride;
        PackTransposed(x.Values, stride, _tokens, _width, _transposed);
        Copy(x.Keys, stride, _tokens, _panels);
        for (int start = 0; start < _tokens; start += _queries)
        {
            int count = Math.Min(_queries, _tokens - start);
            for (int i = 0; i < count; i++)
            {
                Row(dy + ((start + i) * dyStride), _width).CopyTo(Row(_rows + (i * _width), _width));
                float* row = _weights + (i * _tokenColumns);
                Row(probabilities + ((nint)(start + i) * _tokens), _tokens).CopyTo(Row(row, _tokens));
                Row(row + _tokens, _tokenColumns - _tokens).Clear();
            }

            // dP = dY Vᵀ, dS = scale P (dP - sum(P dP)), dQ = dS K.
            Multiply(_rows, _width, count, _width, _transposed, _tokenColumns, _gradients, accumulate: false);
            for (int i = 0; i < count; i++)
                _softmaxBackward(_weights + (i * _tokenColumns), _gradients + (i * _tokenColumns), scale, _tokenColumns);
            Multiply(_gradients, _tokenColumns, count, _tokens, _panels, _widthColumns, _result, accumulate: false);
            Put(_result, count, dx.Queries + (start * dx.Stride), dx.Stride, accumulate);

            // dV = Pᵀ dY, dK = dSᵀ Q, each a sum over the blocks.
            Copy(dy + (start * dyStride), dyStride, count, _rowPanels);
            AddTransposed(_weights, count, _dValues, start > 0);
            Copy(q + (start * stride), stride, count, _rowPanels);
            AddTransposed(_gradients, count, _dKeys, start > 0);
        }

        Put(_dKeys, _tokens, dx.Keys, dx.Stride, accumulate);
        Put(_dValues, _tokens, dx.Values, dx.Stride, accumulate);
    }

    private void Plan(int tokens, int width)
    {
        var path = Simd.Path;
        if ((tokens, width, path) == (_tokens, _width, _path)) return;
        _path = path;
        _kernel = LinearKernel.For(path);
        _fastTranspose = GemmKernel.For(path).HasFastTranspose;
        switch (path)
        {
            case SimdPath.Avx512:
                _softmax = &AttentionSoftmax<Vector512<float>, Lanes512>.Softmax;
                _softmaxBackward = &AttentionSoftmax<Vector512<float>, Lanes512>.SoftmaxBackward;
                break;
            case SimdPath.Avx2:
                _softmax = &AttentionSoftmax<Vector256<float>, Lanes256>.Softmax;
                _softmaxBackward = &AttentionSoftmax<Vector256<float>, Lanes256>.SoftmaxBackward;
                break;
            default:
                _softmax = &AttentionSoftmax<Vector128<float>, Lanes128>.Softmax;
                _softmaxBackward = &AttentionSoftmax<Vector128<float>, Lanes128>.SoftmaxBackward;
                break;
        }

        (_tokens, _width) = (tokens, width);
        _tokenColumns = RoundUp(tokens, _kernel.Columns);
        _widthColumns = RoundUp(width, _kernel.Columns);
        _tokenRows = RoundUp(tokens, _kernel.Rows);
        _queries = Math.Min(QueryBlock, _tokenRows);
        LayOut();
    }

    // Lays out the buffers one after the other: the first time to learn how much they need.
    private void LayOut()
    {
        nint used = 0;
        float* memory = null;
        for (int pass = 0; pass < 2; pass++)
        {
            if (pass == 1) memory = _buffer.Rent(used);
            used = 0;
            _transposed = Take((nint)_tokenColumns * _width);
            _panels = Take((nint)_widthColumns * _tokens);
            _rows = Take((nint)_queries * _width);
            _weights = Take((nint)_queries * _tokenColumns);
            _gradients = Take((nint)_queries * _tokenColumns);
            _result = Take((nint)_queries * _widthColumns);
            _transposedWeights = Take((nint)_tokenRows * _queries);
            _rowPanels = Take((nint)_widthColumns * _queries);
            _dKeys = Take((nint)_tokenRows * _widthColumns);
            _dValues = Take((nint)_tokenRows * _widthColumns);
        }

        float* Take(nint count)
        {
            float* start = memory + used;
            used += (count + 15) & ~(nint)15;
            return start;
        }
    }

    // Rows of the source as columns of panels: their product with rows of x is that of x with the source transposed.
    private void PackTransposed(float* source, nint stride, int rows, int depth, float* panels)
    {
        int columns = _kernel.Columns;
        for (int first = 0; first < rows; first += columns, panels += (nint)columns * depth)
            GemmPacking.PackTransposed(depth, Math.Min(columns, rows - first), columns, source + (first * stride), 1, stride, panels,
                _fastTranspose);
    }

    // The columns of D-wide rows as columns of panels.
    private void Copy(float* source, nint stride, int rows, float* panels)
    {
        int columns = _kernel.Columns;
        for (int first = 0; first < _width; first += columns, panels += (nint)columns * rows)
            GemmPacking.CopyRows(rows, 1, Math.Min(columns, _width - first), columns, source + first, stride, panels, 0);
    }

    // target (+)= weightsᵀ times the D-wide rows in the row panels.
    private void AddTransposed(float* weights, int count, float* target, bool accumulate)
    {
        GemmPacking.PackTransposed(_tokens, count, count, weights, 1, _tokenColumns, _transposedWeights, _fastTranspose);
        Multiply(_transposedWeights, count, _tokens, count, _rowPanels, _widthColumns, target, accumulate);
    }

    // y [rows, columns] (+)= x [rows, depth] times panels, in whole tiles.
    private void Multiply(float* x, nint xStride, int rows, int depth, float* panels, int columns, float* y, bool accumulate)
    {
        for (int column = 0; column < columns; column += _kernel.Columns, panels += (nint)_kernel.Columns * depth)
        {
            for (int row = 0; row < rows; row += _kernel.Rows)
                _kernel.Tile(depth, x + (row * xStride), xStride, panels, y + ((nint)row * columns) + column, columns, accumulate,
                    (byte*)panels, 0);
        }
    }

    private void Put(float* rows, int count, float* target, nint stride, bool accumulate)
    {
        for (int i = 0; i < count; i++)
        {
            Span<float> source = Row(rows + ((nint)i * _widthColumns), _width), to = Row(target + (i * stride), _width);
            if (accumulate) TensorPrimitives.Add(source, to, to);
            else source.CopyTo(to);
        }
    }

    private static int RoundUp(int count, int unit) => Blocks.Count(count, unit) * unit;

    private static Span<float> Row(float* x, int length) => new(x, length);
}
