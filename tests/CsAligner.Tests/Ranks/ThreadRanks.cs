using System.Runtime.InteropServices;
using CsAligner.Ranks;

namespace CsAligner.Tests.Ranks;

/// <summary>Ranks that are threads of one process: what MPI does between processes, for tests of what is computed.</summary>
internal sealed class ThreadRanks : ICommunicator
{
    private readonly Shared _shared;

    private ThreadRanks(Shared shared, int rank) => (_shared, Rank) = (shared, rank);

    public int Rank { get; }

    public int Size => _shared.Data.Length;

    public long ExchangedBytes { get; private set; }

    public TimeSpan ExchangeTime => TimeSpan.Zero;

    /// <summary>Runs a body on each of so many ranks, and gives back what they return.</summary>
    public static T[] Run<T>(int size, Func<ThreadRanks, T> body)
    {
        using var barrier = new Barrier(size);
        var shared = new Shared(barrier, new byte[size][]);
        var results = new T[size];
        var failures = new Exception?[size];
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = body(new ThreadRanks(shared, rank));
            }
#pragma warning disable CA1031 // Whatever a rank throws belongs to the test.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                failures[rank] = failure;
                barrier.RemoveParticipant();
            }
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (Array.Find(failures, failure => failure != null) is { } first) throw first;
        return results;
    }

    public void Broadcast(Span<byte> data, int root)
    {
        byte[][] all = All(Rank == root ? data : []);
        all[root].CopyTo(data);
        _shared.Barrier.SignalAndWait();
    }

    public void AllGather(ReadOnlySpan<byte> own, ReadOnlySpan<long> lengths, Span<byte> all)
    {
        Assert.Equal(lengths[Rank], own.Length);
        int at = 0;
        foreach (byte[] data in All(own))
        {
            data.CopyTo(all[at..]);
            at += data.Length;
        }

        Assert.Equal(all.Length, at);
        ExchangedBytes += all.Length - own.Length;
        _shared.Barrier.SignalAndWait();
    }

    public void AllReduce(Span<float> values)
    {
        byte[][] all = All(MemoryMarshal.AsBytes(values));
        values.Clear();
        foreach (byte[] data in all)
            for (int i = 0; i < values.Length; i++) values[i] += MemoryMarshal.Cast<byte, float>(data)[i];
        _shared.Barrier.SignalAndWait();
    }

    public void Exchange(ReadOnlySpan<byte> sent, int to, Span<byte> received, int from)
    {
        All(sent)[from].CopyTo(received);
        _shared.Barrier.SignalAndWait();
    }

    public void Barrier() => _shared.Barrier.SignalAndWait();

    private byte[][] All(ReadOnlySpan<byte> own)
    {
        _shared.Data[Rank] = own.ToArray();
        _shared.Barrier.SignalAndWait();
        return _shared.Data;
    }

    private sealed record Shared(Barrier Barrier, byte[][] Data);
}
