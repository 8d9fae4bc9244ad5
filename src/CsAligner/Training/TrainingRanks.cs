using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Ops;

namespace CsAligner.Training;

/// <summary>What a training run does together with the other ranks. All members that exchange are collective operations.</summary>
/// <param name="ranks">The ranks.</param>
/// <param name="exchange">How they get each other's rows.</param>
internal sealed class TrainingRanks(ICommunicator ranks, RowExchange exchange)
{
    private const int HashBytes = 32;

    private readonly RankedRows _rows = new(ranks);

    public ICommunicator Ranks => ranks;

    /// <summary>Whether this rank writes files and progress.</summary>
    public bool Writes => ranks.Rank == 0;

    /// <summary>Refuses what does not run on several ranks.</summary>
    /// <exception cref="InputException">Something does not.</exception>
    public void Check(AlignmentOptions options)
    {
        if (options.TokenWeight > 0)
            throw new InputException("align: D_CS of tokens does not run on several ranks: leave out the token weight, or use one process");
        if (exchange == RowExchange.Ring && options.Objective.Trains
            && (!IsRowByRow(options) || AlignmentLoss.HasOthers(options.Objective)))
        {
            throw new InputException(
                $"align: with the exchange ring, objectives are {ObjectiveTerms.CauchySchwarz}, {ObjectiveTerms.InfoNce} and their sum, at "
                    + $"one bandwidth, exact and with one text an image; {options.Objective} with these options needs all rows at once: "
                    + "use the exchange gather");
        }
    }

    /// <summary>Refuses ranks that were given something else than rank 0.</summary>
    /// <param name="identity">The run as this rank sees it.</param>
    /// <exception cref="InputException">A rank differs: it says which, and in what. The same on all ranks.</exception>
    public void CheckSame(RunIdentity identity)
    {
        (string Name, string Value)[] parts = [("version of csalign", RunEnvironment.Version), .. identity.Parts];
        byte[] own = [.. parts.SelectMany(part => SHA256.HashData(Encoding.UTF8.GetBytes(part.Value)))];
        int[] counts = _rows.Gathered<int>([parts.Length]);
        for (int rank = 1; rank < ranks.Size; rank++)
            if (counts[rank] != counts[0]) throw Other(rank, "options");
        byte[] all = _rows.Gathered<byte>(own);
        for (int rank = 1; rank < ranks.Size; rank++)
        {
            for (int p = 0; p < parts.Length; p++)
            {
                if (!all.AsSpan((rank * own.Length) + (p * HashBytes), HashBytes).SequenceEqual(all.AsSpan(p * HashBytes, HashBytes)))
                    throw Other(rank, parts[p].Name);
            }
        }

        static InputException Other(int rank, string what) =>
            new($"mpi: rank {rank} has other {what} than rank 0; give all ranks the same command, files and version");
    }

    /// <summary>Refuses to go on where ranks do not have the same weights.</summary>
    /// <exception cref="InputException">A rank's are other ones.</exception>
    public void CheckWeights(IEnumerable<Tensor> weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in weights) hash.AppendData(MemoryMarshal.AsBytes(tensor.Span));
        byte[] all = _rows.Gathered<byte>(hash.GetHashAndReset());
        for (int rank = 1; rank < ranks.Size; rank++)
        {
            if (!all.AsSpan(rank * HashBytes, HashBytes).SequenceEqual(all.AsSpan(0, HashBytes)))
                throw new InputException($"mpi: rank {rank} has come to other weights than rank 0: its memory or its MPI library is at "
                    + "fault; resume without that machine");
        }
    }

    /// <summary>Bytes that all ranks have received so far.</summary>
    public long ReceivedByAll() => _rows.Gathered<long>([ranks.ExchangedBytes]).Sum();

    /// <summary>Whether any rank is to stop, and whether rank 0 wants a checkpoint.</summary>
    public (bool Stop, bool Save) Agree(bool stop, bool save)
    {
        byte[] all = _rows.Gathered<byte>([(byte)((stop ? 1 : 0) + (save ? 2 : 0))]);
        return (all.Any(flags => (flags & 1) != 0), (all[0] & 2) != 0);
    }

    /// <summary>Gives all ranks what rank 0 has.</summary>
    public bool FromFirst(bool value)
    {
        Span<byte> data = [(byte)(value ? 1 : 0)];
        ranks.Broadcast(data, 0);
        return data[0] != 0;
    }

    /// <summary>The same of a number.</summary>
    public long FromFirst(long value)
    {
        Span<long> data = [value];
        ranks.Broadcast(MemoryMarshal.AsBytes(data), 0);
        return data[0];
    }

    /// <summary>Gives all ranks the tensors that rank 0 has.</summary>
    public void FromFirst(IEnumerable<Tensor> tensors)
    {
        foreach (var tensor in tensors) ranks.Broadcast(MemoryMarshal.AsBytes(tensor.Span), 0);
    }

    /// <summary>Adds up the gradients of weights that each rank has computed of its own rows.</summary>
    public void AddGradients(IEnumerable<Tensor> weights)
    {
        Tensor[] all = [.. weights];
        if (all.Length == 0) return;

        // Behind the gradients: how many ranks have one. What none has keeps none.
        float[] sums = new float[all.Sum(weight => weight.Length) + all.Length];
        int at = 0;
        for (int i = 0; i < all.Length; at += all[i].Length, i++)
        {
            if (!all[i].HasGrad) continue;
            all[i].Grad.CopyTo(sums.AsSpan(at));
            sums[^(all.Length - i)] = 1;
        }

        ranks.AllReduce(sums);
        at = 0;
        for (int i = 0; i < all.Length; at += all[i].Length, i++)
            if (sums[^(all.Length - i)] > 0) sums.AsSpan(at, all[i].Length).CopyTo(all[i].GradOrZeros());
    }

    /// <summary>Rows of samples in the order given, each from the rank that has it.</summary>
    /// <param name="samples">All of them.</param>
    /// <param name="ownerOf">The rank that has a sample.</param>
    /// <param name="compute">Gives the rows of this rank's samples: at least one.</param>
    /// <param name="width">D.</param>
    public Tensor Gather(int[] samples, Func<int, int> ownerOf, Func<int[], Tensor> compute, int width)
    {
        int[] owners = [.. samples.Select(ownerOf)], counts = new int[ranks.Size], next = new int[ranks.Size];
        foreach (int owner in owners) counts[owner]++;
        for (int rank = 1; rank < ranks.Size; rank++) next[rank] = next[rank - 1] + counts[rank - 1];
        int[] own = [.. samples.Where((_, i) => owners[i] == ranks.Rank)];
        Tensor gathered = _rows.GatherRows(
            own.Length == 0 ? new Tensor(0, width) : compute(own), new RowShares(counts, new int[ranks.Size], ranks.Rank));
        var rows = new Tensor(samples.Length, width);
        for (int i = 0; i < samples.Length; i++)
            gathered.Span.Slice(next[owners[i]]++ * width, width).CopyTo(rows.Span[(i * width)..]);
        return rows;
    }

    /// <summary>What all ranks have, added up.</summary>
    public UInt128 Sum(UInt128 value)
    {
        UInt128 sum = 0;
        foreach (var part in _rows.Gathered<UInt128>([value])) sum += part;
        return sum;
    }

    /// <summary>sigma of all rows of a step.</summary>
    public double Bandwidth(AlignmentOptions options, Tensor x, Tensor y, SharedBatch batch, ulong seed, int exactRows) =>
        options.Bandwidth.Resolve(
            batch.ImageShares.Count, batch.TextShares.Count, seed, exactRows,
            chosen => _rows.ChosenRows(x, batch.ImageShares, chosen), chosen => _rows.ChosenRows(y, batch.TextShares, chosen));

    /// <summary>
    /// The loss of all rows of a step; its gradients go to the own rows, and, the same everywhere, to what the loss trains itself.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="loss">The terms.</param>
    /// <param name="options">Of the run.</param>
    /// <param name="x">The own images.</param>
    /// <param name="y">The own texts.</param>
    /// <param name="trains">Whether the images, and the texts, take gradients.</param>
    /// <param name="batch">Who has which.</param>
    /// <param name="bandwidth">sigma.</param>
    /// <param name="step">Seeds what a step draws.</param>
    /// <param name="atStart">The own rows before any training, where a term needs them.</param>
    public AlignmentLoss.LossValues Loss(
        Tape tape, AlignmentLoss loss, AlignmentOptions options, Tensor x, Tensor y, (bool X, bool Y) trains, SharedBatch batch,
        double bandwidth, long step, (Tensor X, Tensor Y)? atStart)
    {
        RankRows rowsX = _rows.RowsFor(x, batch.ImageShares, exchange), rowsY = _rows.RowsFor(y, batch.TextShares, exchange);
        var byRow = IsRowByRow(options) ? loss.RowByRow(tape, rowsX, rowsY, _rows, batch.Pairs, bandwidth) : null;
        if (byRow is { } done && !AlignmentLoss.HasOthers(options.Objective)) return done;
        if (exchange == RowExchange.Ring)
            throw new InputException("align: at this bandwidth or temperature float32 does not carry the scores, and the exchange ring has "
                + "no other; use the exchange gather");
        (Tensor X, Tensor Y)? starts = atStart is { } own
            ? (_rows.GatherRows(own.X, batch.ImageShares), _rows.GatherRows(own.Y, batch.TextShares))
            : null;
        Tensor allX = rowsX.All!, allY = rowsY.All!;
        (allX.RequiresGrad, allY.RequiresGrad) = trains;
        using var whole = new Tape();
        var of = loss.Features(whole, allX, allY, batch.Pairs, bandwidth, step, batch.ImageOfText, starts,
            without: byRow != null);

        // Terms that need pairs may be all there are, and none be in this step.
        if (byRow is { } first && of.Loss == null) return first;
        float value = of.Loss!.Item;
        if (float.IsFinite(value)) whole.Backward(of.Loss);
        var rest = tape.KnownGradient(value, (x, Own(x, allX, batch.ImageShares)), (y, Own(y, allY, batch.TextShares)));
        return byRow is { } part ? part with { Loss = tape.Add(part.Loss!, rest), Other = of.Other } : of with { Loss = rest };

        Tensor? Own(Tensor rows, Tensor all, RowShares shares)
        {
            if (!rows.RequiresGrad || tape.GradientFor(rows) is not { } gradient) return null;
            gradient.Span.Clear();
            if (!all.HasGrad) return gradient;
            var (own, width) = (shares.Own, all.Width);
            all.Grad.Slice(own.FirstPaired * width, own.Paired * width).CopyTo(gradient.Span);
            all.Grad.Slice(own.FirstUnpaired * width, own.Unpaired * width).CopyTo(gradient.Span[(own.Paired * width)..]);
            return gradient;
        }
    }

    /// <summary>InfoNCE over a batch of which each rank has an equal part.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">The own images.</param>
    /// <param name="y">The own texts.</param>
    /// <param name="logitScale">The scale's logarithm; its gradient is that of the whole batch.</param>
    /// <param name="pairs">All pairs.</param>
    /// <exception cref="InputException">The rows are no numbers.</exception>
    public Tensor InfoNce(Tape tape, Tensor x, Tensor y, Tensor logitScale, int pairs)
    {
        int[] counts = [.. Enumerable.Range(0, ranks.Size).Select(rank => RowRange.Of(pairs, rank, ranks.Size).Count)];
        var shares = new RowShares(counts, new int[ranks.Size], ranks.Rank);
        var objective = new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1 };
        RankRows rowsX = _rows.RowsFor(x, shares, exchange), rowsY = _rows.RowsFor(y, shares, exchange);
        return objective.Forward(tape, rowsX, rowsY, _rows, logitScale, pairs)?.Loss
            ?? throw new InputException("training diverged: features are no longer finite numbers; lower the learning rate");
    }

    /// <summary>Returns once all ranks are here.</summary>
    public void Barrier() => ranks.Barrier();

    // Whether of D_CS and InfoNCE each rank has no more to compute than its own rows against all.
    private static bool IsRowByRow(AlignmentOptions options) => AlignmentLoss.HasFused(options.Objective)
        && options.BandwidthFactors.Count == 0 && options.Estimator == null
        && !(options.AllCaptions && options.Objective.Terms.Contains(ObjectiveTerms.InfoNce));
}
