using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace CsAligner.Tensors.Kernels;

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

    // Multiply-adds that make it worth while to call other threads, and to make a task of.
    private const double ParallelWork = 1 << 19, WorkPerTask = 1 << 20;

    private const int TasksPerThread = 8, PanelsPerPackingTask = 4;

    [ThreadStatic]
    private static GemmJob? _ofThisThread;

    private readonly Action<int> _packTask, _multiplyTask;
    private readonly AlignedBuffer _bufferA = new(), _bufferB = new();

    private GemmKernel _kernel = GemmKernel.For(SimdPath.Portable);
    private GemmOperands _x;
    private bool _packA, _packB;

    // The part under way: rows from _m0, columns from _n0, depth from _k0.
    private int _m0, _n0, _k0, _m, _n, _k;
    private bool _accumulate;
    private float* _packedA, _packedB;
    private int _firstPackedA, _firstPackedB, _packTasksA;

    // Tasks of the part: the panels of rows and columns that each covers.
    private int _rowPanels, _columnPanels, _rowsPerTask, _columnsPerTask, _rowTasks;

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
        _packA = _x.ACol != 1 && (long)_x.M * _x.K > SmallOperand;
        _packB = _x.BCol != 1 || (_x.M > 4 * _kernel.Rows && (long)_x.N * _x.K > SmallOperand);

        // Equal depth blocks: the same for every number of threads, for they decide how sums are rounded.
        int depthBlocks = CeilingDivide(_x.K, _kernel.DepthBlock);
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
        _rowPanels = CeilingDivide(_m, _kernel.Rows);
        _columnPanels = CeilingDivide(_n, _kernel.Columns);
        // A last panel that is not full is always packed, padded with zeros, so that no tile reads beyond an operand.
        _firstPackedA = _packA ? 0 : _m / _kernel.Rows;
        _firstPackedB = _packB ? 0 : _n % _kernel.Lanes == 0 ? _columnPanels : _columnPanels - 1;
        int packedA = _rowPanels - _firstPackedA, packedB = _columnPanels - _firstPackedB;
        _packedA = _bufferA.Rent((nint)packedA * _kernel.Rows * _k);
        _packedB = _bufferB.Rent((nint)packedB * _kernel.Columns * _k);
        _packTasksA = CeilingDivide(packedA, PanelsPerPackingTask);
        int packTasks = _packTasksA + CeilingDivide(packedB, PanelsPerPackingTask);

        double work = (double)_m * _n * _k;
        if (threads == 1 || work < ParallelWork)
        {
            for (int task = 0; task < packTasks; task++) PackTask(task);
            CutIntoTasks(1, work);
            int tasks = _rowTasks * CeilingDivide(_columnPanels, _columnsPerTask);
            for (int task = 0; task < tasks; task++) MultiplyTask(task);
            return;
        }
        Workers.For(packTasks, _packTask);
        CutIntoTasks(threads, work);
        Workers.For(_rowTasks * CeilingDivide(_columnPanels, _columnsPerTask), _multiplyTask);
    }

    /// <summary>Tasks take neighbouring rows first, so that a block of B serves many tasks while it is in the cache.</summary>
    private void CutIntoTasks(int threads, double work)
    {
        int blockPanels = Math.Max(1, _kernel.ColumnBlockBytes / (_k * _kernel.Columns * sizeof(float)));
        _columnsPerTask = CeilingDivide(_columnPanels, CeilingDivide(_columnPanels, blockPanels));
        if (threads == 1)
        {
            _rowsPerTask = _rowPanels;
        }
        else
        {
            double tasks = Math.Clamp(work / WorkPerTask, 1, threads * TasksPerThread);
            double tilesPerTask = Math.Max(1, (double)_rowPanels * _columnPanels / tasks);
            _rowsPerTask = (int)Math.Clamp(tilesPerTask / _columnsPerTask, 1, _rowPanels);
            _columnsPerTask = (int)Math.Clamp(tilesPerTask / _rowsPerTask, 1, _columnsPerTask);
        }
        _rowTasks = CeilingDivide(_rowPanels, _rowsPerTask);
    }

    private void PackTask(int task)
    {
        if (task < _packTasksA)
        {
            int end = Math.Min(_rowPanels, _firstPackedA + (task + 1) * PanelsPerPackingTask);
            for (int panel = _firstPackedA + task * PanelsPerPackingTask; panel < end; panel++)
            {
                int row = panel * _kernel.Rows;
                GemmPacking.Pack(
                    _k, Math.Min(_kernel.Rows, _m - row), _kernel.Rows, PointerA(row), _x.ACol, _x.ARow,
                    _packedA + (nint)(panel - _firstPackedA) * _kernel.Rows * _k, _kernel.HasFastTranspose);
            }
        }
        else
        {
            task -= _packTasksA;
            int end = Math.Min(_columnPanels, _firstPackedB + (task + 1) * PanelsPerPackingTask);
            for (int panel = _firstPackedB + task * PanelsPerPackingTask; panel < end; panel++)
            {
                int column = panel * _kernel.Columns, width = Math.Min(_kernel.Columns, _n - column);
                GemmPacking.Pack(
                    _k, width, VectorsOf(width) * _kernel.Lanes, PointerB(column), _x.BRow, _x.BCol,
                    _packedB + (nint)(panel - _firstPackedB) * _kernel.Columns * _k, _kernel.HasFastTranspose);
            }
        }
    }

    private void MultiplyTask(int task)
    {
        int firstRow = task % _rowTasks * _rowsPerTask, firstColumn = task / _rowTasks * _columnsPerTask;
        int endRow = Math.Min(_rowPanels, firstRow + _rowsPerTask);
        int endColumn = Math.Min(_columnPanels, firstColumn + _columnsPerTask);
        for (int panel = firstRow; panel < endRow; panel++) MultiplyRowPanel(panel, firstColumn, endColumn);
    }

    [SkipLocalsInit]
    private void MultiplyRowPanel(int rowPanel, int firstColumn, int endColumn)
    {
        var kernel = _kernel;
        float* edge = stackalloc float[MaxTile];
        int row = rowPanel * kernel.Rows, rows = Math.Min(kernel.Rows, _m - row);
        bool packedA = rowPanel >= _firstPackedA;
        float* a = packedA ? _packedA + (nint)(rowPanel - _firstPackedA) * kernel.Rows * _k : PointerA(row);
        nint aRow = packedA ? 1 : _x.ARow, aCol = packedA ? kernel.Rows : _x.ACol;
        for (int panel = firstColumn; panel < endColumn; panel++)
        {
            int column = panel * kernel.Columns, width = Math.Min(kernel.Columns, _n - column);
            int vectors = VectorsOf(width), tileWidth = vectors * kernel.Lanes;
            bool packedB = panel >= _firstPackedB;
            float* b = packedB ? _packedB + (nint)(panel - _firstPackedB) * kernel.Columns * _k : PointerB(column);
            nint bRow = packedB ? tileWidth : _x.BRow;
            float* c = _x.C + (_m0 + row) * _x.CRow + _n0 + column;
            if (rows == kernel.Rows && width == tileWidth)
            {
                kernel.Tile(vectors, _k, a, aRow, aCol, b, bRow, c, _x.CRow, _accumulate);
            }
            else
            {
                kernel.Tile(vectors, _k, a, aRow, aCol, b, bRow, edge, tileWidth, accumulate: false);
                CopyEdge(rows, width, edge, tileWidth, c);
            }
        }
    }

    private void CopyEdge(int rows, int width, float* edge, int edgeStride, float* c)
    {
        for (int i = 0; i < rows; i++)
        {
            var source = new ReadOnlySpan<float>(edge + i * edgeStride, width);
            var target = new Span<float>(c + i * _x.CRow, width);
            if (_accumulate) TensorPrimitives.Add(target, source, target);
            else source.CopyTo(target);
        }
    }

    // 8 rows of 3 vectors of 16, the largest tile.
    private const int MaxTile = 8 * 48;

    private float* PointerA(int row) => _x.A + (_m0 + row) * _x.ARow + _k0 * _x.ACol;

    private float* PointerB(int column) => _x.B + _k0 * _x.BRow + (_n0 + column) * _x.BCol;

    private int VectorsOf(int width) => CeilingDivide(width, _kernel.Lanes);

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
