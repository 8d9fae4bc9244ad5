using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Objectives;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Evaluation;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// <see cref="Evaluator.Measure"/> of sets that do not fit into memory: exact, over pairs of blocks of rows that are read as they
/// are needed. It can be killed and continue. Values agree with those of one piece to rounding; they are the same
/// bits for any number of threads, memory allowed and interruption.
/// </summary>
public static class StreamingEvaluator
{
    // Buffers of kernels, tables, the median's distances, the runtime itself.
    private const long Reserve = 160L << 20;

    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(3);

    /// <summary>Distribution measures of two sets. Time O((M + N)^2 D).</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D]; row i is taken for the partner of row i of x where the numbers of rows agree.</param>
    /// <param name="bandwidth">Null for within*0.35.</param>
    /// <param name="seed">Draws rows for medians of large sets.</param>
    /// <param name="options">Memory, progress, and the file to continue from.</param>
    /// <param name="cancellation">Checked after every pair of blocks; the progress so far is kept.</param>
    /// <exception cref="InputException">The memory is too little, or the state is another measurement's.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DistributionMeasures Measure(
        IRowSource x, IRowSource y, BandwidthRule? bandwidth = null, ulong seed = 0, StreamingOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        options ??= new StreamingOptions();
        if (x.Width != y.Width || x.Rows == 0 || y.Rows == 0)
            throw new InputException($"measure: both sides need rows of one width, got {x.Rows} of {x.Width} and {y.Rows} of {y.Width}");
        if (options is { Ranks.Size: > 1, StatePath: not null })
            throw new InputException("measure: several ranks keep no progress: leave the state out");
        int blockRows = BlockRows(x.Width, options);
        var memory = new BlockMemory(x.Width, blockRows, StripBlocks(x.Width, options));
        var sums = Sums(x, y, memory);
        double sigma = (bandwidth ?? Evaluator.DefaultBandwidth).Resolve(x, y, seed);
        BufferPool.Shared.Trim();
        (double largestX, double squaresX) = Squares(x, sums.Centre, memory);
        (double largestY, double squaresY) = Squares(y, sums.Centre, memory);
        double largest = Math.Max(largestX, largestY);
        int fewest = Math.Min(x.Rows, y.Rows);
        StreamedBandwidth wanted = StreamedBandwidth.For(sigma, largest, fewest),
            uniformity = StreamedBandwidth.For(Evaluator.UniformityBandwidth, largest, fewest);
        StreamedKernelTotal[] terms =
        [
            new(x, x, true, [wanted, uniformity], sums.Centre, blockRows),
            new(y, y, true, [wanted, uniformity], sums.Centre, blockRows),
            new(x, y, false, [wanted], sums.Centre, blockRows),
        ];
        string identity = string.Create(CultureInfo.InvariantCulture, $"2 {sums.Hash} sigma {sigma:R} block {blockRows} {Compute.Simd}");
        if (options.Ranks is { } ranks)
        {
            CheckSame(ranks, identity);
            foreach (var term in terms) term.KeepShare(ranks.Rank, ranks.Size);
            Run(terms, memory, identity, options, cancellation);
            foreach (var term in terms) term.Merge(ranks);
        }
        else
        {
            Run(terms, memory, identity, options, cancellation);
        }

        var measures =
            Collect(x, y, [wanted, uniformity], terms, sums, squaresX, squaresY) with
            {
                Frechet = x.Rows < 2 || y.Rows < 2
                ? null
                : Frechet(x, y, sums, memory)
            };
        if (options.StatePath != null) File.Delete(options.StatePath);
        return measures;
    }

    /// <summary>Bytes without which nothing goes for this width.</summary>
    internal static long LeastMemory(int width, StreamingOptions options) =>
        Reserve + (6 * BlockBytes(width, options)) + (6L * width * width * sizeof(double));

    internal static long BlockBytes(int width, StreamingOptions options) => (long)BlockRows(width, options) * width * sizeof(float);

    private static int BlockRows(int width, StreamingOptions options) => Math.Clamp(options.BlockFloats / width, 64, 8192);

    private static int StripBlocks(int width, StreamingOptions options)
    {
        long least = LeastMemory(width, options), memoryBytes = options.MemoryBytes;
        if (memoryBytes < least)
            throw new InputException($"measure: rows of {width} values need at least {(least >> 20) + 1}M of memory, "
                + $"but the limit is {memoryBytes >> 20}M; raise it");
        return (int)Math.Min(1 << 16, 1 + ((memoryBytes - least) / BlockBytes(width, options)));
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

    private static void CheckSame(ICommunicator ranks, string identity)
    {
        string[] all = new RankedRows(ranks).Gathered<byte>(SHA256.HashData(Encoding.UTF8.GetBytes(identity))).Chunk(SHA256.HashSizeInBytes)
            .Select(Convert.ToHexString).ToArray();
        int other = Array.FindIndex(all, hash => hash != all[0]);
        if (other > 0)
            throw new InputException($"mpi: rank {other} measures other rows than rank 0, or otherwise; give all ranks the same command "
                + "and files");
    }

    // The largest |x_i - centre|^2, and their sum.
    private static (double Largest, double Sum) Squares(IRowSource source, Tensor centre, BlockMemory memory)
    {
        double largest = 0, sum = 0;
        for (int block = 0; block < memory.Count(source); block++)
        {
            var squares = BlockSums.Squares(memory.Column, memory.Read(source, block, memory.Column), centre);
            (largest, sum) = (Math.Max(largest, squares.Largest), sum + squares.Sum);
        }

        return (largest, sum);
    }

    private static void Run(
        StreamedKernelTotal[] terms, BlockMemory memory, string identity, StreamingOptions options, CancellationToken cancellation)
    {
        if (options.StatePath != null && File.Exists(options.StatePath)) StreamingState.Restore(options.StatePath, identity, terms);
        long all = terms.Sum(t => t.Pairs), left = terms.Sum(t => t.PairsLeft), saved = Stopwatch.GetTimestamp();
        options.Progress?.Invoke(all - left, all);
        foreach (var term in terms)
            for (int first = 0; first < term.RowBlocks; first += memory.StripBlocks)
                RunStrip(term, first, Math.Min(term.RowBlocks, first + memory.StripBlocks));

        // A strip of blocks of rows is held, the blocks of columns pass by.
        void RunStrip(StreamedKernelTotal term, int first, int end)
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

    private static DistributionMeasures Collect(
        IRowSource x, IRowSource y, StreamedBandwidth[] bandwidths, StreamedKernelTotal[] terms, Streamed sums, double squaresX,
            double squaresY)
    {
        double[] centre = [.. Enumerable.Range(0, x.Width).Select(d => (double)sums.Centre.Span[d])];
        double[] meanX = [.. sums.SumX.Select(s => s / x.Rows)], meanY = [.. sums.SumY.Select(s => s / y.Rows)];
        double gap = WideBandwidthDivergence.Gap(meanX, meanY, 1), all = 0;
        double varianceX = Math.Max(0, (squaresX / x.Rows) - WideBandwidthDivergence.Gap(meanX, centre, 1)),
            varianceY = Math.Max(0, (squaresY / y.Rows) - WideBandwidthDivergence.Gap(meanY, centre, 1));
        for (int d = 0; d < x.Width; d++) all += sums.UnitX[d] * sums.UnitY[d];
        KernelMeasures measures = Divergences();
        double others = ((double)x.Rows * y.Rows) - x.Rows;
        bool paired = sums.PairSquares != null;
        return new DistributionMeasures
        {
            RowsX = x.Rows,
            RowsY = y.Rows,
            Dim = x.Width,
            Bandwidth = bandwidths[0].Sigma,
            CsDivergence = measures.CauchySchwarz,
            CsDivergenceOffDiagonal = double.IsNaN(measures.OffDiagonal) ? null : measures.OffDiagonal,
            Mmd = measures.MaximumMeanDiscrepancy,
            Frechet = null,
            CentroidGap = Math.Sqrt(gap),
            Alignment = sums.PairSquares / x.Rows,
            UniformityX = Uniformity(terms[0], x.Rows, varianceX),
            UniformityY = Uniformity(terms[1], y.Rows, varianceY),
            MeanCosinePairs = paired ? sums.PairCosines / x.Rows : null,
            MeanCosineOthers = paired && others > 0 ? (all - sums.PairCosines) / others : null,
        };

        KernelMeasures Divergences()
        {
            KernelTotal selfX = terms[0].Total(0), selfY = terms[1].Total(0), cross = terms[2].Total(0);
            double sigma = bandwidths[0].Sigma;
            if (bandwidths[0].Precision == KernelPrecision.Wide)
            {
                return WideBandwidthDivergence.Measures(
                    WideBandwidthDivergence.Gap(meanX, meanY, sigma), varianceX / sigma / sigma, x.Rows, varianceY / sigma / sigma, y.Rows,
                    selfX.MinusOne, selfY.MinusOne, cross.MinusOne);
            }

            return new KernelMeans(
                Float32Terms.LogMean(selfX, x.Rows, false),
                Float32Terms.LogMean(selfY, y.Rows, false),
                x.Rows < 2 ? double.NaN : Float32Terms.LogMean(selfX, x.Rows, true),
                y.Rows < 2 ? double.NaN : Float32Terms.LogMean(selfY, y.Rows, true),
                cross.LogMean((double)x.Rows * y.Rows, 0)).Measures;
        }

        double? Uniformity(StreamedKernelTotal term, int rows, double variance)
        {
            if (rows < 2) return null;
            double sigma = bandwidths[1].Sigma;
            return bandwidths[1].Precision == KernelPrecision.Wide
                ? WideBandwidthDivergence.LogMeanWithin(variance / sigma / sigma, rows, term.Total(1).MinusOne)
                : Float32Terms.LogMean(term.Total(1), rows, true);
        }
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
