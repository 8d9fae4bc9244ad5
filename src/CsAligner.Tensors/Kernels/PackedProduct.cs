using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// y = finish(x Wᵀ + bias) with weights packed beforehand: x [M, K], W [N, K], y [M, N]. A task takes some rows through some
/// panels of weights, which stay in a core's second-level cache; a tile of y is finished when its sum is complete, while it
/// is in the first-level cache. The bits of an element depend on its row of x, its weights and the SIMD path alone.
/// </summary>
internal sealed unsafe class PackedProduct
{
    // The longest run of the depth done at once: the rows of a tile that long take most of the first-level cache.
    private const int DepthBlock = 1024;

    // Multiply-adds of a task: at least some hundred microseconds' worth where there is so much, and few enough to share out.
    private const double ParallelWork = 1 << 19, WorkPerTask = 1 << 22;
    private const int TasksPerThread = 8;

    [ThreadStatic]
    private static PackedProduct? _ofThisThread;

    private readonly Action<int> _runTask;
    private readonly AlignedBuffer _lastRowsBuffer = new();
    private float* _lastRows;
    private PackedWeights _weights = null!;
    private GemmKernel _kernel = null!;
    private LinearFinish _finish;
    private float* _x, _y, _bias, _residual;
    private int _rows, _rowPanels, _depth, _rowsPerTask, _panelsPerTask, _rowTasks;

    private PackedProduct() => _runTask = RunTask;

    /// <summary>Runs it; the residual, of y's shape, is read only where the finish adds it. y overlaps none of the others.</summary>
    public static void Run(float* x, int rows, PackedWeights weights, float* bias, LinearFinish finish, float* residual, float* y)
    {
        if (rows == 0 || weights.Outputs == 0) return;
        var product = _ofThisThread ??= new PackedProduct();
        (product._rows, product._weights, product._kernel, product._finish) = (rows, weights, weights.Kernel, finish);
        product._x = x;
        product._y = y;
        product._bias = bias;
        product._residual = residual;
        product.CutIntoTasks();
        product.CopyLastRows();
        product.RunTasks();
    }

    private void CutIntoTasks()
    {
        int depthBlocks = Blocks.Count(_weights.Inputs, DepthBlock);
        _depth = Blocks.Count(_weights.Inputs, depthBlocks);
        _rowPanels = Blocks.Count(_rows, _kernel.Rows);
        int blockPanels = Math.Max(1, GemmKernel.ColumnBlockBytes / (_depth * _kernel.Columns * sizeof(float)));
        _panelsPerTask = Blocks.Count(_weights.Panels, Blocks.Count(_weights.Panels, blockPanels));
        _rowsPerTask = _rowPanels;
        double work = (double)_rows * _weights.Inputs * _weights.Outputs;
        if (Compute.Threads > 1 && work >= ParallelWork)
        {
            double tasks = Math.Clamp(work / WorkPerTask, Compute.Threads, Compute.Threads * TasksPerThread);
            double tiles = Math.Max(1, (double)_rowPanels * _weights.Panels / tasks);
            _panelsPerTask = (int)Math.Clamp(tiles / Math.Min(_rowPanels, tiles), 1, _panelsPerTask);
            _rowsPerTask = (int)Math.Clamp(tiles / _panelsPerTask, 1, _rowPanels);
        }

        _rowTasks = Blocks.Count(_rowPanels, _rowsPerTask);
    }

    // Fewer rows than a tile has: a copy with rows of zeros, turned as tiles read fastest.
    private void CopyLastRows()
    {
        int first = _rows / _kernel.Rows * _kernel.Rows;
        if (first == _rows) return;
        _lastRows = _lastRowsBuffer.Rent((nint)_weights.Inputs * _kernel.Rows);
        GemmPacking.Turn(_weights.Inputs, _rows - first, _kernel.Rows, _x + ((nint)first * _weights.Inputs), 1, _weights.Inputs, _lastRows, _kernel.HasFastTranspose);
    }

    private void RunTasks()
    {
        int tasks = _rowTasks * Blocks.Count(_weights.Panels, _panelsPerTask);
        if ((double)_rows * _weights.Inputs * _weights.Outputs >= ParallelWork)
        {
            Workers.For(tasks, _runTask);
            return;
        }

        for (int task = 0; task < tasks; task++) RunTask(task);
    }

    private void RunTask(int task)
    {
        int firstRow = task % _rowTasks * _rowsPerTask, firstPanel = task / _rowTasks * _panelsPerTask;
        int endRow = Math.Min(_rowPanels, firstRow + _rowsPerTask), endPanel = Math.Min(_weights.Panels, firstPanel + _panelsPerTask);
        for (int depth = 0; depth < _weights.Inputs; depth += _depth)
        {
            for (int row = firstRow; row < endRow; row++)
                for (int panel = firstPanel; panel < endPanel; panel++) MultiplyTile(row, panel, depth);
        }
    }

    [SkipLocalsInit]
    private void MultiplyTile(int rowPanel, int panel, int depth)
    {
        float* edge = stackalloc float[GemmKernel.MaxTile];
        int row = rowPanel * _kernel.Rows, rows = Math.Min(_kernel.Rows, _rows - row);
        int width = _weights.WidthOf(panel), padded = _weights.PaddedWidthOf(panel), stride = _weights.Outputs;
        int k = Math.Min(_depth, _weights.Inputs - depth), vectors = padded / _kernel.Lanes;
        float* x = _x + ((nint)row * _weights.Inputs) + depth;
        float* y = _y + ((nint)row * stride) + ((nint)panel * _kernel.Columns);
        float* weights = _weights.At(panel, depth);
        if (rows == _kernel.Rows && width == padded)
        {
            _kernel.Tile(vectors, k, x, _weights.Inputs, 1, weights, padded, y, stride, depth > 0);
        }
        else
        {
            if (rows == _kernel.Rows) _kernel.Tile(vectors, k, x, _weights.Inputs, 1, weights, padded, edge, padded, accumulate: false);
            else _kernel.Tile(vectors, k, _lastRows + ((nint)depth * _kernel.Rows), 1, _kernel.Rows, weights, padded, edge, padded, accumulate: false);
            GemmPacking.StoreEdge(rows, width, edge, padded, y, stride, depth > 0);
        }

        if (depth + k < _weights.Inputs) return;
        float* bias = _bias + ((nint)panel * _kernel.Columns), residual = _residual + ((nint)row * stride) + ((nint)panel * _kernel.Columns);
        switch (_weights.Path)
        {
            case SimdPath.Avx512:
                LinearEpilogue<Vector512<float>, Lanes512>.Apply(_finish, y, stride, rows, width, bias, residual);
                break;
            case SimdPath.Avx2:
                LinearEpilogue<Vector256<float>, Lanes256>.Apply(_finish, y, stride, rows, width, bias, residual);
                break;
            default:
                LinearEpilogue<Vector128<float>, Lanes128>.Apply(_finish, y, stride, rows, width, bias, residual);
                break;
        }
    }
}
