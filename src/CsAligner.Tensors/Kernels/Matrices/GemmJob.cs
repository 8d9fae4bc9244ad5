using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// One product under way, in the manner of BLIS: k is cut into depth blocks that are added in order; for each, a block
/// of B stays in a core's second-level cache while panels of A pass through the first-level cache; tiles of C are made
/// in registers. Operands that the tiles cannot read well where they lie are packed first.
/// One object per thread is kept, so that calls allocate nothing after the first.
/// </summary>
internal sealed unsafe class GemmJob
{
    // Packed operands beyond this are done in parts: 16 MB each.
    private const int PackedLimit = 4 << 20;

    // Up to this many elements an operand is read where it lies: it fits the near caches whatever its strides.
    private const int SmallOperand = 16 << 10;

    // Rows a multiple of a page apart share few sets of the first-level cache; packed, they do not, which pays for the
    // copy when so many columns pass by.
    private const int PageFloats = 4096 / sizeof(float), ManyColumns = 2048;

    // Multiply-adds that make it worth while to call other threads, and to make a task of.
    private const double ParallelWork = 1 << 19, WorkPerTask = 1 << 20;

    private const int TasksPerThread = 8;

    [ThreadStatic]
    private static GemmJob? _ofThisThread;

    private readonly Action<int> _packTask, _multiplyTask;
    private readonly GemmPanels _panelsA = new(), _panelsB = new();

    private GemmKernel _kernel = GemmKernel.For(SimdPath.Portable);
    private GemmOperands _x;
    private bool _packA, _packB;

    // The part under way: rows from _m0, columns from _n0, depth from _k0.
    private int _m0, _n0, _k0, _m, _n, _k;
    private bool _accumulate;

    // Tasks of the part: how many panels of A and of B each covers.
    private int _rowsPerTask, _columnsPerTask, _rowTasks;

    private GemmJob()
    {
        _packTask = PackTask;
        _multiplyTask = MultiplyTask;
    }

    public static GemmJob OfThisThread => _ofThisThread ??= new GemmJob();

    public void Run(in GemmOperands operands)
    {
        if (operands.M <= 0 || operands.N <= 0) return;
        if (operands.K <= 0)
        {
            if (!operands.Accumulate) Clear(operands);
            return;
        }
        _x = operands;
        _kernel = GemmKernel.For(Simd.Path);
        bool largeA = (long)_x.M * _x.K > SmallOperand;
        _packA = largeA && (_x.ACol != 1 || (_x.ARow % PageFloats == 0 && _x.N >= ManyColumns));
        // Tiles count their turns by the rows of B, which a stride of 0 does not tell apart.
        _packB = _x.BCol != 1 || _x.BRow == 0 || (_x.M > 4 * _kernel.Rows && (long)_x.N * _x.K > SmallOperand);

        // Equal depth blocks, for every path and number of threads: they decide how sums are rounded.
        int depthBlocks = CeilingDivide(_x.K, GemmKernel.DepthBlock);
        int depth = CeilingDivide(_x.K, depthBlocks);
        int rows = _packA ? PartOf(_x.M, PackedLimit / depth, _kernel.Rows) : _x.M;
        int columns = _packB ? PartOf(_x.N, PackedLimit / depth, _kernel.Columns) : _x.N;
        for (_n0 = 0; _n0 < _x.N; _n0 += columns)
        {
            _n = Math.Min(columns, _x.N - _n0);
            for (_k0 = 0; _k0 < _x.K; _k0 += depth)
            {
                _k = Math.Min(depth, _x.K - _k0);
                _accumulate = _x.Accumulate || _k0 > 0;
                for (_m0 = 0; _m0 < _x.M; _m0 += rows)
                {
                    _m = Math.Min(rows, _x.M - _m0);
                    RunPart(Compute.Threads);
                }
            }
        }
    }

    private void RunPart(int threads)
    {
        _panelsA.Plan(
            _x.A + _m0 * _x.ARow + _k0 * _x.ACol, _k, _x.ACol, _m, _x.ARow,
            _kernel.Rows, _kernel.Rows, _packA, _kernel.HasFastTranspose);
        _panelsB.Plan(
            _x.B + _k0 * _x.BRow + _n0 * _x.BCol, _k, _x.BRow, _n, _x.BCol,
            _kernel.Columns, _kernel.Lanes, _packB, _kernel.HasFastTranspose);
        int packTasks = _panelsA.PackTasks + _panelsB.PackTasks;
        double work = (double)_m * _n * _k;
        bool parallel = threads > 1 && work >= ParallelWork;
        int tasks = CutIntoTasks(parallel ? threads : 1, work);
        if (parallel)
        {
            Workers.For(packTasks, _packTask);
            Workers.For(tasks, _multiplyTask);
            return;
        }
        for (int task = 0; task < packTasks; task++) PackTask(task);
        for (int task = 0; task < tasks; task++) MultiplyTask(task);
    }

    /// <summary>Tasks take neighbouring rows first, so that a block of B serves many tasks while it is in the cache.</summary>
    private int CutIntoTasks(int threads, double work)
    {
        int rowPanels = _panelsA.Count, columnPanels = _panelsB.Count;
        int blockPanels = Math.Max(1, GemmKernel.ColumnBlockBytes / (_k * _kernel.Columns * sizeof(float)));
        _columnsPerTask = CeilingDivide(columnPanels, CeilingDivide(columnPanels, blockPanels));
        _rowsPerTask = rowPanels;
        if (threads > 1)
        {
            double tasks = Math.Clamp(work / WorkPerTask, 1, threads * TasksPerThread);
            double tilesPerTask = Math.Max(1, (double)rowPanels * columnPanels / tasks);
            _rowsPerTask = (int)Math.Clamp(tilesPerTask / _columnsPerTask, 1, rowPanels);
            _columnsPerTask = (int)Math.Clamp(tilesPerTask / _rowsPerTask, 1, _columnsPerTask);
        }
        _rowTasks = CeilingDivide(rowPanels, _rowsPerTask);
        return _rowTasks * CeilingDivide(columnPanels, _columnsPerTask);
    }

    private void PackTask(int task)
    {
        if (task < _panelsA.PackTasks) _panelsA.Pack(task);
        else _panelsB.Pack(task - _panelsA.PackTasks);
    }

    private void MultiplyTask(int task)
    {
        int firstRow = task % _rowTasks * _rowsPerTask, firstColumn = task / _rowTasks * _columnsPerTask;
        int endRow = Math.Min(_panelsA.Count, firstRow + _rowsPerTask);
        int endColumn = Math.Min(_panelsB.Count, firstColumn + _columnsPerTask);
        for (int panel = firstRow; panel < endRow; panel++) MultiplyRowPanel(panel, firstColumn, endColumn);
    }

    [SkipLocalsInit]
    private void MultiplyRowPanel(int rowPanel, int firstColumn, int endColumn)
    {
        var kernel = _kernel;
        float* edge = stackalloc float[GemmKernel.MaxTile];
        int row = rowPanel * kernel.Rows, rows = Math.Min(kernel.Rows, _m - row);
        float* a = _panelsA.Locate(rowPanel, out nint aRow, out nint aCol);
        float* c = _x.C + (_m0 + row) * _x.CRow + _n0 + (nint)firstColumn * kernel.Columns;
        for (int panel = firstColumn; panel < endColumn; panel++, c += kernel.Columns)
        {
            int width = Math.Min(kernel.Columns, _n - panel * kernel.Columns);
            int vectors = CeilingDivide(width, kernel.Lanes), tileWidth = vectors * kernel.Lanes;
            float* b = _panelsB.Locate(panel, out _, out nint bRow);
            PrefetchTile(c, rows, width);
            if (rows == kernel.Rows && width == tileWidth)
            {
                kernel.Tile(vectors, _k, a, aRow, aCol, b, bRow, c, _x.CRow, _accumulate);
            }
            else
            {
                kernel.Tile(vectors, _k, a, aRow, aCol, b, bRow, edge, tileWidth, accumulate: false);
                GemmPacking.StoreEdge(rows, width, edge, tileWidth, c, _x.CRow, _accumulate);
            }
        }
    }

    // The tile of C is wanted only after k turns, but then at once: on its way meanwhile, it costs nothing.
    private void PrefetchTile(float* c, int rows, int width)
    {
        const int CacheLine = 64 / sizeof(float);
        if (!Sse.IsSupported) return;
        for (int row = 0; row < rows; row++, c += _x.CRow)
        {
            for (int column = 0; column < width; column += CacheLine) Sse.Prefetch0(c + column);
        }
    }

    private static void Clear(in GemmOperands x)
    {
        for (int i = 0; i < x.M; i++) new Span<float>(x.C + i * x.CRow, x.N).Clear();
    }

    private static int PartOf(int total, int limit, int unit)
    {
        int parts = CeilingDivide(total, Math.Max(unit, limit));
        return CeilingDivide(CeilingDivide(total, parts), unit) * unit;
    }

    private static int CeilingDivide(int x, int y)
    {
        Debug.Assert(y > 0);
        return (x + y - 1) / y;
    }
}
