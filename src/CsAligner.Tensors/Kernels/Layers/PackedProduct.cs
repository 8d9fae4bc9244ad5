using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// y = finish(x Wᵀ + bias) with weights packed beforehand: x [M, K], W [N, K], y [M, N]. A task takes some rows, which stay in
/// a core's second-level cache, through some panels of weights, one after the other; while one is multiplied the next comes
/// from memory. A tile of y is finished when its sum is complete, while it is in the first-level cache.
/// The bits of an element depend on its row of x, its weights and the SIMD path alone.
/// One object per thread is kept, so that calls allocate nothing after the first.
/// </summary>
internal sealed unsafe class PackedProduct
{
    // The longest run of the depth done at once: with it the rows of a tile take most of the first-level cache.
    private const int DepthBlock = 1024;

    // Multiply-adds that make it worth while to call other threads, and how far they are then cut.
    private const double ParallelWork = 1 << 19, WorkPerTask = 1 << 21;
    private const int TasksPerThread = 8;

    [ThreadStatic]
    private static PackedProduct? _ofThisThread;

    private readonly Action<int> _runTask;
    private readonly AlignedBuffer _lastRowsBuffer = new();
    private PackedWeights _weights = null!;
    private LinearKernel _kernel = null!;
    private LinearEpilogueKind _finish;
    private float* _x, _y, _bias, _residual, _lastRows;
    private int _rows, _rowPanels, _depth, _rowsPerTask, _panelsPerTask, _rowTasks, _tasks;

    private PackedProduct() => _runTask = RunTask;

    /// <summary>Runs it; the residual, of y's shape, is read only where the finish adds it. y overlaps none of the others.</summary>
    public static void Run(float* x, int rows, PackedWeights weights, float* bias, LinearEpilogueKind finish, float* residual, float* y)
    {
        if (rows == 0 || weights.Outputs == 0) return;
        var product = _ofThisThread ??= new PackedProduct();
        (product._rows, product._weights, product._kernel, product._finish) = (rows, weights, weights.Kernel, finish);
        product._x = x;
        product._y = y;
        product._bias = bias;
        product._residual = residual;
        product.CopyLastRows();
        product.RunTasks();
    }

    // Fewer rows than a tile has: a copy that is filled up with zeros.
    private void CopyLastRows()
    {
        int first = _rows / _kernel.Rows * _kernel.Rows, length = _kernel.Rows * _weights.Inputs, given = (_rows - first) * _weights.Inputs;
        if (given == 0) return;
        _lastRows = _lastRowsBuffer.Rent(length);
        new Span<float>(_x + ((nint)first * _weights.Inputs), given).CopyTo(new Span<float>(_lastRows, given));
        new Span<float>(_lastRows + given, length - given).Clear();
    }

    private void RunTasks()
    {
        int inputs = _weights.Inputs, panels = _weights.Panels;
        _depth = Blocks.Count(inputs, Blocks.Count(inputs, DepthBlock));
        _rowPanels = Blocks.Count(_rows, _kernel.Rows);
        double work = (double)_rows * inputs * _weights.Outputs;
        bool parallel = Compute.Threads > 1 && work >= ParallelWork;

        // Equal shares of rows that stay in the cache, and enough shares of panels that threads end together.
        int mostRows = Math.Max(1, GemmKernel.ColumnBlockBytes / (_depth * _kernel.Rows * sizeof(float)));
        _rowTasks = Blocks.Count(_rowPanels, mostRows);
        _rowsPerTask = Blocks.Count(_rowPanels, _rowTasks);
        _rowTasks = Blocks.Count(_rowPanels, _rowsPerTask);
        double tasks = parallel ? Math.Clamp(work / WorkPerTask, Compute.Threads, Compute.Threads * TasksPerThread) : 1;
        int cuts = (int)Math.Clamp(tasks / _rowTasks, 1, panels);
        _panelsPerTask = Blocks.Count(panels, cuts);
        _tasks = _rowTasks * Blocks.Count(panels, _panelsPerTask);
        if (parallel)
        {
            Workers.For(_tasks, _runTask);
            return;
        }

        for (int task = 0; task < _tasks; task++) RunTask(task);
    }

    private void RunTask(int task)
    {
        int firstRow = task % _rowTasks * _rowsPerTask, firstPanel = task / _rowTasks * _panelsPerTask;
        int endRow = Math.Min(_rowPanels, firstRow + _rowsPerTask), endPanel = Math.Min(_weights.Panels, firstPanel + _panelsPerTask);
        for (int depth = 0; depth < _weights.Inputs; depth += _depth)
        {
            int k = Math.Min(_depth, _weights.Inputs - depth);
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                // Each tile asks for its share of the panel that comes next.
                var next = (byte*)(panel + 1 < endPanel ? _weights.At(panel + 1, depth) : depth + k < _weights.Inputs
                    ? _weights.At(firstPanel, depth + k)
                    : FirstOfNextTask(task));
                nint step = Math.Max(1, _kernel.Columns * sizeof(float) / (endRow - firstRow));
                for (int row = firstRow; row < endRow; row++, next += step * k) MultiplyTile(row, panel, depth, k, next, step);
            }
        }
    }

    // Threads take tasks in turn, more or less: a guess that is seldom wrong, and harmless when it is.
    private float* FirstOfNextTask(int task)
    {
        int next = task + Compute.Threads < _tasks ? task + Compute.Threads : task;
        return _weights.At(next / _rowTasks * _panelsPerTask, 0);
    }

    [SkipLocalsInit]
    private void MultiplyTile(int rowPanel, int panel, int depth, int k, byte* ahead, nint aheadStep)
    {
        int row = rowPanel * _kernel.Rows, rows = Math.Min(_kernel.Rows, _rows - row), column = panel * _kernel.Columns;
        int width = Math.Min(_kernel.Columns, _weights.Outputs - column), stride = _weights.Outputs;
        float* x = (rows == _kernel.Rows ? _x + ((nint)row * _weights.Inputs) : _lastRows) + depth;
        float* y = _y + ((nint)row * stride) + column;
        float* residual = _residual + ((nint)row * stride) + column;
        bool isLast = depth + k == _weights.Inputs;
        if (isLast && _finish == LinearEpilogueKind.AddResidual) Prefetch(residual, stride, rows, width);
        if (rows == _kernel.Rows && width == _kernel.Columns)
        {
            _kernel.Tile(k, x, _weights.Inputs, _weights.At(panel, depth), y, stride, depth > 0, ahead, aheadStep);
        }
        else
        {
            float* edge = stackalloc float[LinearKernel.MaxTile];
            _kernel.Tile(k, x, _weights.Inputs, _weights.At(panel, depth), edge, _kernel.Columns, false, ahead, aheadStep);
            GemmPacking.StoreEdge(rows, width, edge, _kernel.Columns, y, stride, depth > 0);
        }

        if (isLast) _kernel.Finish(_finish, y, stride, rows, width, _bias + column, residual);
    }

    private static void Prefetch(float* tile, nint stride, int rows, int width)
    {
        const int CacheLine = 64 / sizeof(float);
        if (!Sse.IsSupported) return;
        for (int row = 0; row < rows; row++, tile += stride)
            for (int column = 0; column < width; column += CacheLine) Sse.Prefetch0(tile + column);
    }
}
