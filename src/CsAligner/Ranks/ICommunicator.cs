namespace CsAligner.Ranks;

/// <summary>
/// The processes, or ranks, that compute one thing together. Every member but the properties is a collective operation: all ranks call the
/// same ones in the same order. What each of them gets depends on the arguments alone and not on timing.
/// </summary>
public interface ICommunicator
{
    /// <summary>This process among all, from 0.</summary>
    int Rank { get; }

    /// <summary>How many there are, at least 1.</summary>
    int Size { get; }

    /// <summary>Bytes that this rank has received so far.</summary>
    long ExchangedBytes { get; }

    /// <summary>Time that this rank has spent in exchange so far, waiting for other ranks included.</summary>
    TimeSpan ExchangeTime { get; }

    /// <summary>Copies one rank's data to all.</summary>
    /// <param name="data">What the root has, and what the others get: as long everywhere.</param>
    /// <param name="root">The rank that has it.</param>
    void Broadcast(Span<byte> data, int root);

    /// <summary>Gives every rank the data of all, in the order of the ranks.</summary>
    /// <param name="own">This rank's.</param>
    /// <param name="lengths">How many bytes each rank has; may differ, may be 0.</param>
    /// <param name="all">Room for the sum of the lengths.</param>
    void AllGather(ReadOnlySpan<byte> own, ReadOnlySpan<long> lengths, Span<byte> all);

    /// <summary>Adds up, element by element, what all ranks have; every rank gets the same bits.</summary>
    /// <param name="values">What this rank has; afterwards the sums. As long everywhere.</param>
    void AllReduce(Span<float> values);

    /// <summary>Sends to one rank and receives from another at the same time: the step of a ring.</summary>
    /// <param name="sent">What goes out.</param>
    /// <param name="to">The rank that receives it.</param>
    /// <param name="received">Room for exactly what comes in.</param>
    /// <param name="from">The rank that sends it.</param>
    void Exchange(ReadOnlySpan<byte> sent, int to, Span<byte> received, int from);

    /// <summary>Returns once all ranks have called it.</summary>
    void Barrier();
}
