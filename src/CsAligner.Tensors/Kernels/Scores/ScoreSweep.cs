using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

// Shapes: rows x [M, D], columns y [N, D], scores and weights [M, N], all centred; gradients [M, D] and [N, D].

/// <summary>
/// The one driver of all passes over the scores x_i . y_j. It goes block of columns by block of columns: what the block
/// needs of y is packed once and stays in the second-level cache while tasks of a few rows make tiles of scores, hand them to an
/// epilogue, and multiply the weights that come back with y's rows at once. The other product, weights transposed times x, takes
/// all rows of the block together. Where rows and columns are the same set, only tiles on and above the diagonal are made.
/// </summary>
/// <remarks>
/// Tasks are cut by the shapes alone and add to an element in one order: the same bits for any number of threads. Weights
/// of a block are kept in panels as the transposed product reads them; that product, the next block's tiles and the packing
/// of the one after share one parallel region, so that no thread waits at the end of each. What runs within a region is compiled
/// at once with all optimisations: as the runtime counts calls, these loops would stay slow for the first seconds.
/// </remarks>
internal sealed unsafe class ScoreSweep
{
    /// <summary>No block has more columns.</summary>
    public const int MostColumns = 10 * Group;

    private const int Group = ScoreEpilogueKernel.Group;
    private const int LineFloats = 16;
    private const int FewestColumns = 4 * Group;

    [ThreadStatic]
    private static Buffers? _ofThisThread;

    private readonly CentredRows _x, _y;
    private readonly bool _symmetric;
    private readonly GemmKernel _kernel = GemmKernel.For(Simd.Path);
    private readonly Scratch _scratch;
    private readonly int _width, _block, _blocks, _rowTasks, _depth;
    private readonly float* _columnPanels;
    private readonly nint _columnPanelsSize;
    private readonly Action<int> _runTask;

    private RowPanels? _panelsX, _panelsY;
    private float* _weights;
    private nint _weightsSize;
    private float* _kept;
    private int _keptBlocks;
    private bool _keptFilled;

    // Of the run under way.
    private ScoreEpilogue? _epilogue;
    private float* _gradX, _gradY;
    private bool _accumulate;
    private float _scaleX, _scaleY;
    private int _productBlock, _scoreBlock, _packBlock, _productTasks, _scoreTasks, _dimensionsPerTask;

    /// <summary>A sweep over all pairs of rows of two sets, or of one with itself: give it twice.</summary>
    public ScoreSweep(CentredRows x, CentredRows y, Scratch scratch)
    {
        (_x, _y, _scratch, _symmetric) = (x, y, scratch, ReferenceEquals(x, y));
        _width = x.Width;
        _block = BlockColumnsFor(_width);
        _blocks = Blocks.Count(y.Count, _block);
        _rowTasks = Blocks.Count(x.Count, Group);
        _depth = DivideUp(_width, DivideUp(_width, GemmKernel.DepthBlock));
        _columnPanelsSize = (nint)_block * _width;
        _columnPanels = scratch.Floats(2 * (long)_columnPanelsSize);
        _runTask = RunTask;
    }

    /// <summary>Columns in a block for tests to set, a multiple of 48; 0 for what suits the cache.</summary>
    public static int BlockColumns { get; set; }

    /// <summary>Blocks of rows in x as the right operand of a product.</summary>
    private int PanelSlots => Blocks.Count(_x.Count, _block);

    /// <summary>Room for x's rows as right operand, all of them.</summary>
    public RowPanels NewPanels(Scratch scratch) => new(PanelSlots, _block, _width, _kernel, scratch);

    /// <summary>Gives the sweep x's panels: packed already, or to be packed while it runs over x with itself.</summary>
    public void UsePanels(RowPanels panels) => _panelsX = panels;

    /// <summary>Keeps as many blocks of scores from the next run for those after it as <paramref name="budget"/> floats can hold.</summary>
    public void Keep(long budget)
    {
        long rows = ScoreEpilogueKernel.Padded(_x.Count), columns = Math.Min(budget / rows, ScoreEpilogueKernel.Padded(_y.Count));
        _keptBlocks = (int)(columns < ScoreEpilogueKernel.Padded(_y.Count) ? columns / _block : _blocks);
        _kept = _keptBlocks == 0 ? null : _scratch.Floats(rows * Math.Min(columns, (long)_keptBlocks * _block));
        _keptFilled = false;
    }

    /// <summary>
    /// Runs the epilogue over all tiles; where gradients are not null, W y goes to <paramref name="gradX"/> and W^T x to
    /// <paramref name="gradY"/>: written, or with <paramref name="accumulate"/> added to what is there times a scale. Of one set with
    /// itself both are the same.
    /// </summary>
    public void Run(ScoreEpilogue epilogue, float* gradX, float* gradY, bool accumulate, float scaleX = 1, float scaleY = 1)
    {
        (_epilogue, _accumulate, _scaleX, _scaleY) = (epilogue, accumulate, scaleX, scaleY);
        _gradX = gradX;
        _gradY = gradY;

        // Each task of the transposed product reads all weights of a block: few tasks, but two for each thread. Bits do not depend on it.
        _dimensionsPerTask = Math.Max(2 * Group, ScoreEpilogueKernel.Padded(DivideUp(_width, 2 * Compute.Threads)));
        bool products = gradX != null || gradY != null, overlap = !_symmetric || !products;
        if (products) Prepare();
        RunRegion(-1, -1, 0);
        for (int block = 0; block < _blocks; block++)
        {
            RunRegion(overlap && gradY != null ? block - 1 : -1, block, block + 1);
            epilogue.EndBlock(block * _block, ColumnsOf(block), RowTasksOf(block));
            if (!overlap) RunRegion(block, -1, -1);
        }
        if (overlap && gradY != null) RunRegion(_blocks - 1, -1, -1);
        if (_kept != null) _keptFilled = true;
        if (_symmetric && products) _panelsX!.IsComplete = true;
        _epilogue = null;
    }

    /// <summary>Columns in a block: operands of both products, each in half of the second-level cache, with some room to spare.</summary>
    public static int BlockColumnsFor(int width)
    {
        if (BlockColumns > 0) return BlockColumns;
        int columns = (int)(0.8 * GemmKernel.ColumnBlockBytes / (sizeof(float) * (double)width));
        return Math.Clamp(columns / Group * Group, FewestColumns, MostColumns);
    }

    private static int DivideUp(int x, int y) => (x + y - 1) / y;

    private int ColumnsOf(int block) => Math.Min(_block, _y.Count - (block * _block));

    private int RowTasksOf(int block) => _symmetric ? Math.Min(_rowTasks, (block + 1) * (_block / Group)) : _rowTasks;

    private bool IsKept(int block) => block < _keptBlocks;

    private void Prepare()
    {
        if (_symmetric)
        {
            _panelsX ??= NewPanels(_scratch);
            _panelsY = _panelsX;
        }
        else
        {
            if (_gradX != null) _panelsY ??= new RowPanels(2, _block, _width, _kernel, _scratch);
            if (_gradY != null) PackRows();
        }
        if (_gradY == null || _weights != null) return;
        _weightsSize = (nint)ScoreEpilogueKernel.Padded(_x.Count) * _block;
        _weights = _scratch.Floats(2 * (long)_weightsSize);
    }

    private void PackRows()
    {
        _panelsX ??= NewPanels(_scratch);
        if (_panelsX.IsComplete) return;
        Workers.For(_rowTasks, task =>
        {
            var buffers = _ofThisThread ??= new Buffers();
            int row = task * Group, rows = Math.Min(Group, _x.Count - row);
            nint stride = Buffers.StrideOf(_width);
            float* chunk = buffers.Chunk.Rent(Group * stride);
            _x.Copy(row, rows, chunk, stride);
            _panelsX.Pack(row / _block, row % _block, rows, _width, chunk, stride);
        });
        _panelsX.IsComplete = true;
    }

    // Long tasks first, so that short ones even out the end.
    private void RunRegion(int productBlock, int scoreBlock, int packBlock)
    {
        (_productBlock, _scoreBlock, _packBlock) = (productBlock, scoreBlock, packBlock);
        _productTasks = productBlock < 0 || (_symmetric && productBlock == 0) ? 0 : DivideUp(_width, _dimensionsPerTask);
        _scoreTasks = scoreBlock < 0 ? 0 : RowTasksOf(scoreBlock);
        int packTasks = packBlock < 0 || packBlock >= _blocks ? 0 : DivideUp(ColumnsOf(packBlock), Group);
        if (_productTasks + _scoreTasks + packTasks == 0) return;
        Workers.For(_productTasks + _scoreTasks + packTasks, _runTask);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTask(int task)
    {
        var buffers = _ofThisThread ??= new Buffers();
        if (task < _productTasks) MultiplyTransposed(_productBlock, task * _dimensionsPerTask);
        else if (task < _productTasks + _scoreTasks) RunTile(_scoreBlock, (task - _productTasks) * Group, buffers);
        else Pack(_packBlock, (task - _productTasks - _scoreTasks) * Group, buffers);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pack(int block, int column, Buffers buffers)
    {
        int first = (block * _block) + column, count = Math.Min(Group, _y.Count - first);
        nint stride = Buffers.StrideOf(_width);
        float* chunk = buffers.Chunk.Rent(Group * stride);
        _y.Copy(first, Group, chunk, stride);
        if (!IsKept(block) || !_keptFilled)
        {
            float* target = ColumnPanel(block, column);
            for (int c = 0; c < Group; c += _kernel.Columns, target += (nint)_kernel.Columns * _width)
                GemmPacking.PackTransposed(_width, _kernel.Columns, _kernel.Columns, chunk + (c * stride), 1, stride, target,
                    _kernel.HasFastTranspose);
        }
        if (_gradX != null) _panelsY!.Pack(block, column, count, _width, chunk, stride);
    }

    private float* ColumnPanel(int block, int column) => _columnPanels + (block % 2 * _columnPanelsSize) + ((nint)column * _width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTile(int block, int row, Buffers buffers)
    {
        int rows = Math.Min(Group, _x.Count - row), columns = ColumnsOf(block);
        nint length = ScoreEpilogueKernel.Padded(columns);
        float* scores = IsKept(block)
            ? _kept + ((nint)ScoreEpilogueKernel.Padded(_x.Count) * block * _block) + (row * length)
            : buffers.Scores.Rent(Group * length);
        if (!IsKept(block) || !_keptFilled) Score(block, row, rows, scores, length, buffers);
        var tile = new ScoreTile(scores, row, rows, block * _block, columns);
        bool transposed = _gradY != null && (!_symmetric || row < block * _block);
        if (_gradX == null && _gradY == null)
        {
            _epilogue!.Run(tile, null);
            return;
        }
        float* weights = buffers.Weights.Rent(Group * length);
        _epilogue!.Run(tile, weights);
        if (_gradX != null) Multiply(block, row, rows, weights, length, columns);
        if (transposed) KeepWeights(block, row, rows, weights, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score(int block, int row, int rows, float* scores, nint length, Buffers buffers)
    {
        nint stride = Buffers.StrideOf(_width);
        float* left = buffers.Left.Rent(_kernel.Rows * stride);
        int tile = _kernel.Columns, vectors = tile / _kernel.Lanes;

        // The next rows come into the second-level cache a share a tile, meanwhile.
        int share = DivideUp(_kernel.Rows * _width, DivideUp(_width, _depth) * (int)(length / tile));
        for (int i = 0; i < rows; i += _kernel.Rows, scores += _kernel.Rows * length)
        {
            _x.Copy(row + i, _kernel.Rows, left, stride);
            float* ahead = _x.Source + ((nint)(row + i + _kernel.Rows) * _width);
            for (int k = 0; k < _width; k += _depth)
            {
                int depth = Math.Min(_depth, _width - k);
                for (int j = 0; j < length; j += tile, ahead += share)
                {
                    Prefetch(ahead, 1, 0, share);
                    _kernel.Tile(vectors, depth, left + k, stride, 1, ColumnPanel(block, j) + ((nint)k * tile), tile, scores + j,
                        length, k > 0);
                }
            }
        }
    }

    // gradX += W y, for the rows of a task.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int block, int row, int rows, float* weights, nint length, int columns)
    {
        bool accumulate = _accumulate || (_symmetric ? row < block * _block : block > 0);
        int tile = _kernel.Columns;
        float* target = _gradX + ((nint)row * _width);
        if (block == 0) Scale(target, rows, _width, _scaleX);
        for (int panel = 0; panel < _panelsY!.Panels; panel++)
        {
            int width = Math.Min(tile, _width - (panel * tile));
            float* right = _panelsY.At(block, panel);
            for (int i = 0; i < rows; i += _kernel.Rows)
            {
                float* corner = target + ((nint)i * _width) + (panel * tile);
                if (accumulate) Prefetch(corner + tile, _kernel.Rows, _width, tile);
                Tile(Math.Min(_kernel.Rows, rows - i), width, columns, weights + (i * length), length, 1, right, corner, accumulate);
            }
        }
    }

    // What the next turn will read, which hardware does not see coming: rows end soon. Beyond the matrix this does nothing.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prefetch(float* source, int rows, int stride, int length)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < rows; i++, source += stride)
            for (int d = 0; d < length; d += LineFloats) Sse.Prefetch1(source + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void KeepWeights(int block, int row, int rows, float* weights, nint length)
    {
        int width = _kernel.Rows;
        nint panelSize = (nint)ScoreEpilogueKernel.Padded(_x.Count) * width;
        float* target = WeightsOf(block) + ((nint)row * width);
        for (int j = 0; j < length; j += width, target += panelSize)
            GemmPacking.CopyRows(rows, 1, width, width, weights + j, length, target, 0);
    }

    private float* WeightsOf(int block) => _weights + (_symmetric ? 0 : block % 2 * _weightsSize);

    // gradY += W^T x, for some dimensions of all columns of a block.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyTransposed(int block, int firstDimension)
    {
        int columns = ColumnsOf(block), tile = _kernel.Columns, rowBlocks = _symmetric ? block : PanelSlots;
        nint panelSize = (nint)ScoreEpilogueKernel.Padded(_x.Count) * _kernel.Rows;
        float* target = _gradY + ((nint)block * _block * _width);
        int lastPanel = Math.Min(_panelsX!.Panels, (firstDimension + _dimensionsPerTask) / tile);
        Scale(target + firstDimension, columns, Math.Min(_dimensionsPerTask, _width - firstDimension), _scaleY);
        for (int rowBlock = 0; rowBlock < rowBlocks; rowBlock++)
        {
            int rows = Math.Min(_block, _x.Count - (rowBlock * _block));
            bool accumulate = _accumulate || _symmetric || rowBlock > 0;
            for (int panel = firstDimension / tile; panel < lastPanel; panel++)
            {
                int width = Math.Min(tile, _width - (panel * tile));
                float* right = _panelsX.At(rowBlock, panel);
                for (int j = 0; j < columns; j += _kernel.Rows)
                {
                    float* left = WeightsOf(block) + (j / _kernel.Rows * panelSize) + ((nint)rowBlock * _block * _kernel.Rows);
                    Tile(Math.Min(_kernel.Rows, columns - j), width, rows, left, 1, _kernel.Rows, right,
                        target + ((nint)j * _width) + (panel * tile), accumulate);
                }
            }
        }
    }

    // Where a task meets a part of a gradient first, and has it in the cache anyway.
    private void Scale(float* target, int rows, int length, float scale)
    {
        if (scale == 1) return;
        for (int i = 0; i < rows; i++, target += _width)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(target, length), scale, new Span<float>(target, length));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile(int rows, int width, int depth, float* left, nint leftRow, nint leftColumn, float* right, float* target,
        bool accumulate)
    {
        int vectors = DivideUp(width, _kernel.Lanes), padded = vectors * _kernel.Lanes;
        if (rows == _kernel.Rows && width == padded)
        {
            _kernel.Tile(vectors, depth, left, leftRow, leftColumn, right, _kernel.Columns, target, _width, accumulate);
            return;
        }
        float* edge = stackalloc float[GemmKernel.MaxTile];
        _kernel.Tile(vectors, depth, left, leftRow, leftColumn, right, _kernel.Columns, edge, padded, accumulate: false);
        GemmPacking.StoreEdge(rows, width, edge, padded, target, _width, accumulate);
    }

    /// <summary>Scratch of one thread: tiles of scores and of weights, and rows on their way into panels.</summary>
    private sealed class Buffers
    {
        public AlignedBuffer Left { get; } = new();

        public AlignedBuffer Scores { get; } = new();

        public AlignedBuffer Weights { get; } = new();

        public AlignedBuffer Chunk { get; } = new();

        // A line more than needed: rows a multiple of 4096 bytes apart would share few sets of the cache.
        public static nint StrideOf(int width) => ((width + 15) / 16 * 16) + 16;
    }
}
