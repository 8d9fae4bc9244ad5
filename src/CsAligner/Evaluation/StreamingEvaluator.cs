using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Evaluation;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// <see cref="Evaluator.Measure"/> of sets that do not fit into memory: exact, over pairs of blocks of rows that are read as they
/// are needed. It can be killed and go on. Values agree with those of one piece to rounding; they are the same
/// bits for any number of threads, memory allowed and interruption.
/// </summary>
public static class StreamingEvaluator
{
    // Buffers of kernels, tables, the median's distances, the runtime itself.
    private const long Reserve = 160L << 20;

    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(3);

    /// <summary>Floats in a block: its rows follow from the width alone, for sums are cut by it. Tests set it.</summary>
    internal static int BlockFloats { get; set; } = 1 << 21;

    /// <summary>Distribution measures of two sets. Time O((M + N)^2 D).</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D]; row i is taken for the partner of row i of x where the numbers of rows agree.</param>
    /// <param name="bandwidth">Null for within*0.35.</param>
    /// <param name="seed">Draws rows for medians of large sets.</param>
    /// <param name="options">Memory, progress, and the file to go on from.</param>
    /// <param name="cancellation">Checked after every pair of blocks; what is done by then is kept.</param>
    /// <exception cref="InputException">The memory is too little, or the state is another measurement's.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DistributionMeasures Measure(
        IRowSource x, IRowSource y, BandwidthRule? bandwidth = null, ulong seed = 0, StreamingOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        options ??= new StreamingOptions();
        if (x.Width != y.Width || x.Rows == 0 || y.Rows == 0)
            throw new InputException($"measure: both sides need rows of one width, got {x.Rows} of {x.Width} and {y.Rows} of {y.Width}");
        int blockRows = BlockRows(x.Width);
        var memory = new BlockMemory(x.Width, blockRows, StripBlocks(x.Width, options.MemoryBytes));
        var sums = Sums(x, y, memory);
        double sigma = (bandwidth ?? Evaluator.DefaultBandwidth).Resolve(x, y, seed);
        BufferPool.Shared.Trim();
        double largest = LargestSquare(x, y, sums.Centre, memory);
        StreamedBandwidth wanted = StreamedBandwidth.For(sigma, largest), uniformity = StreamedBandwidth.For(Evaluator.UniformityBandwidth, largest);
        StreamedTerm[] terms =
        [
            new(x, x, true, [wanted, uniformity], sums.Centre, blockRows),
            new(y, y, true, [wanted, uniformity], sums.Centre, blockRows),
            new(x, y, false, [wanted], sums.Centre, blockRows),
        ];
        string identity = string.Create(CultureInfo.InvariantCulture, $"1 {sums.Hash} sigma {sigma:R} block {blockRows} {Compute.Simd}");
        Run(terms, memory, identity, options, cancellation);
        var measures = Collect(x, y, sigma, terms, sums) with { Frechet = x.Rows < 2 || y.Rows < 2 ? null : Frechet(x, y, sums, memory) };
        if (options.StatePath != null) File.Delete(options.StatePath);
        return measures;
    }

    /// <summary>Bytes without which nothing goes for this width.</summary>
    internal static long LeastMemory(int width) => Reserve + (6 * BlockBytes(width)) + (6L * width * width * sizeof(double));

    internal static long BlockBytes(int width) => (long)BlockRows(width) * width * sizeof(float);

    private static int BlockRows(int width) => Math.Clamp(BlockFloats / width, 64, 8192);

    private static int StripBlocks(int width, long memoryBytes)
    {
        long least = LeastMemory(width);
        if (memoryBytes < least)
            throw new InputException($"measure: rows of {width} values need at least {(least >> 20) + 1}M of memory, {memoryBytes >> 20}M are allowed; raise --memory");
        return (int)Math.Min(1 << 16, 1 + ((memoryBytes - least) / BlockBytes(width)));
    }

    // The first pass: means, pairs, and a hash that tells whether a state belongs to these rows.
    private static Streamed Sums(IRowSource x, IRowSource y, BlockMemory memory)
    {
        int width = x.Width;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        double[] sumX = new double[width], sumY = new double[width], unitX = new double[width], unitY = new double[width];
        bool paired = x.Rows == y.Rows;
        double squares = 0, cosines = 0;
        for (int block = 0; block < Math.Max(memory.Count(x), memory.Count(y)); block++)
        {
            int rowsX = Add(x, block, memory.Column, sumX, unitX), rowsY = Add(y, block, memory.Second, sumY, unitY);
            if (!paired) continue;
            var pairs = BlockSums.Pairs(memory.Column, memory.Second, Math.Min(rowsX, rowsY));
            squares += pairs.Squares;
            cosines += pairs.Cosines;
        }

        var centre = new Tensor(width);
        for (int d = 0; d < width; d++) centre.Span[d] = (float)((sumX[d] + sumY[d]) / ((double)x.Rows + y.Rows));
        string name = $"{x.Rows} {y.Rows} {width} {Convert.ToHexString(hash.GetHashAndReset())}";
        return new Streamed(sumX, sumY, unitX, unitY, paired ? squares : null, cosines, centre, name);

        int Add(IRowSource source, int block, Tensor buffer, double[] sum, double[] unit)
        {
            int rows = memory.Read(source, block, buffer);
            if (rows == 0) return 0;
            hash.AppendData(MemoryMarshal.AsBytes((ReadOnlySpan<float>)buffer.Span[..(rows * width)]));
            BlockSums.AddRows(buffer, rows, sum, unit);
            return rows;
        }
    }

    private static double LargestSquare(IRowSource x, IRowSource y, Tensor centre, BlockMemory memory)
    {
        double largest = 0;
        foreach (var source in (IRowSource[])[x, y])
            for (int block = 0; block < memory.Count(source); block++)
                largest = Math.Max(largest, BlockSums.LargestSquare(memory.Column, memory.Read(source, block, memory.Column), centre));
        return largest;
    }

    private static void Run(
        StreamedTerm[] terms, BlockMemory memory, string identity, StreamingOptions options, CancellationToken cancellation)
    {
        if (options.StatePath != null && File.Exists(options.StatePath)) StreamingState.Restore(options.StatePath, identity, terms);
        long all = terms.Sum(t => t.Pairs), left = terms.Sum(t => t.PairsLeft), saved = Stopwatch.GetTimestamp();
        options.Progress?.Invoke(all - left, all);
        foreach (var term in terms)
            for (int first = 0; first < term.RowBlocks; first += memory.StripBlocks)
                RunStrip(term, first, Math.Min(term.RowBlocks, first + memory.StripBlocks));

        // A strip of blocks of rows is held, the blocks of columns pass by.
        void RunStrip(StreamedTerm term, int first, int end)
        {
            int start = term.Next[first..end].Min();
            if (start == term.ColumnBlocks) return;
            for (int block = first; block < end; block++) memory.Read(term.X, block, memory.Strip(block - first));
            for (int column = start; column < term.ColumnBlocks; column++)
            {
                bool held = term.IsWithin && column >= first && column < end;
                Tensor columns = held ? memory.Strip(column - first) : memory.Column;
                if (!held) memory.Read(term.Y, column, columns);
                for (int block = first; block < end; block++)
                {
                    if (term.Next[block] != column) continue;
                    term.Advance(block, memory.Strip(block - first), memory.RowsOf(term.X, block), columns, memory.RowsOf(term.Y, column));
                    left--;
                    bool stop = cancellation.IsCancellationRequested;
                    if (options.StatePath != null && (stop || Stopwatch.GetElapsedTime(saved) > SaveInterval))
                    {
                        StreamingState.Save(options.StatePath, identity, terms);
                        saved = Stopwatch.GetTimestamp();
                    }

                    cancellation.ThrowIfCancellationRequested();
                    options.Progress?.Invoke(all - left, all);
                }
            }
        }
    }

    private static DistributionMeasures Collect(IRowSource x, IRowSource y, double sigma, StreamedTerm[] terms, Streamed sums)
    {
        double selfX = FusedTerms.LogMean(terms[0].Total(0), x.Rows, false), selfY = FusedTerms.LogMean(terms[1].Total(0), y.Rows, false);
        double cross = terms[2].Total(0).LogMean((double)x.Rows * y.Rows, 0);
        bool several = x.Rows > 1 && y.Rows > 1;
        double gap = 0, all = 0;
        for (int d = 0; d < x.Width; d++)
        {
            gap += Math.Pow((sums.SumX[d] / x.Rows) - (sums.SumY[d] / y.Rows), 2);
            all += sums.UnitX[d] * sums.UnitY[d];
        }

        double others = ((double)x.Rows * y.Rows) - x.Rows;
        bool paired = sums.PairSquares != null;
        return new DistributionMeasures
        {
            RowsX = x.Rows,
            RowsY = y.Rows,
            Dim = x.Width,
            Bandwidth = sigma,
            CsDivergence = Math.Max(0, selfX + selfY - (2 * cross)),
            CsDivergenceOffDiagonal = several
                ? FusedTerms.LogMean(terms[0].Total(0), x.Rows, true) + FusedTerms.LogMean(terms[1].Total(0), y.Rows, true) - (2 * cross)
                : null,
            Mmd = Math.Max(0, Math.Exp(selfX) + Math.Exp(selfY) - (2 * Math.Exp(cross))),
            Frechet = null,
            CentroidGap = Math.Sqrt(gap),
            Alignment = sums.PairSquares / x.Rows,
            UniformityX = x.Rows > 1 ? FusedTerms.LogMean(terms[0].Total(1), x.Rows, true) : null,
            UniformityY = y.Rows > 1 ? FusedTerms.LogMean(terms[1].Total(1), y.Rows, true) : null,
            MeanCosinePairs = paired ? sums.PairCosines / x.Rows : null,
            MeanCosineOthers = paired && others > 0 ? (all - sums.PairCosines) / others : null,
        };
    }

    private static double Frechet(IRowSource x, IRowSource y, Streamed sums, BlockMemory memory)
    {
        var (meanX, covarianceX) = Covariance(x, sums.SumX);
        var (meanY, covarianceY) = Covariance(y, sums.SumY);
        return BlockSums.Frechet(meanX, covarianceX, meanY, covarianceY);

        (double[] Mean, double[] Covariance) Covariance(IRowSource source, double[] sum)
        {
            double[] mean = [.. sum.Select(s => s / source.Rows)], products = new double[source.Width * source.Width];
            for (int block = 0; block < memory.Count(source); block++)
                BlockSums.AddProducts(memory.Column, memory.Read(source, block, memory.Column), mean, products);
            for (int i = 0; i < products.Length; i++) products[i] /= source.Rows - 1;
            return (mean, products);
        }
    }

    private sealed record Streamed(
        double[] SumX, double[] SumY, double[] UnitX, double[] UnitY, double? PairSquares, double PairCosines, Tensor Centre, string Hash);

    /// <summary>The buffers: a strip of blocks that stay for a while, and one that others pass through.</summary>
    private sealed class BlockMemory(int width, int blockRows, int strip)
    {
        private readonly List<Tensor> _strip = [];

        public int StripBlocks => strip;

        public Tensor Column { get; } = new(blockRows, width);

        /// <summary>A second buffer to pass through; the strip's first, which is not held yet.</summary>
        public Tensor Second => Strip(0);

        public Tensor Strip(int place)
        {
            while (_strip.Count <= place) _strip.Add(new Tensor(blockRows, width));
            return _strip[place];
        }

        public int Count(IRowSource source) => Blocks.Count(source.Rows, blockRows);

        public int RowsOf(IRowSource source, int block) => Math.Clamp(source.Rows - (block * blockRows), 0, blockRows);

        public int Read(IRowSource source, int block, Tensor into)
        {
            int rows = RowsOf(source, block);
            if (rows > 0) source.Read(block * blockRows, into.Span[..(rows * width)]);
            return rows;
        }
    }
}
