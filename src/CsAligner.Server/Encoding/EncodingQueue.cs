using CsAligner.Server.Metering;
using CsAligner.Server.Requests;
using System.Threading.Channels;
using CsAligner.Tensors;

namespace CsAligner.Server.Encoding;

/// <summary>
/// Words and pictures of concurrent requests, embedded in batches by one thread: while a batch is computed the next one gathers, so that
/// nobody waits when it is quiet and throughput is that of batches when it is not.
/// </summary>
internal sealed class EncodingQueue : IAsyncDisposable
{
    private const int MostInBatch = 64, MostWaiting = 1024;

    private readonly SpaceEncoder _encoder;
    private readonly ServerMeters _meters;
    private readonly Channel<Job> _jobs = Channel.CreateBounded<Job>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Task _worker;

    public EncodingQueue(SpaceEncoder encoder, ServerMeters meters)
    {
        (_encoder, _meters) = (encoder, meters);
        _worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The row of a text.</summary>
    /// <exception cref="BusyException">Too many wait already.</exception>
    public Task<float[]> WordsAsync(string words, CancellationToken cancellation) => AddAsync(new Job(words, null, cancellation));

    /// <summary>The row of a picture's pixels.</summary>
    /// <exception cref="BusyException">Too many wait already.</exception>
    public Task<float[]> PictureAsync(byte[] pixels, CancellationToken cancellation) => AddAsync(new Job(null, pixels, cancellation));

    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _worker;
    }

    private async Task<float[]> AddAsync(Job job)
    {
        if (!_jobs.Writer.TryWrite(job)) throw new BusyException("too many words and pictures wait for the model; try again in a second");
        using CancellationTokenRegistration stop = job.Cancellation.Register(() => job.Row.TrySetCanceled(job.Cancellation));
        return await job.Row.Task;
    }

    private void Work()
    {
        var batch = new List<Job>();
        while (Wait())
        {
            while (batch.Count < MostInBatch && _jobs.Reader.TryRead(out Job? job))
                if (!job.Row.Task.IsCompleted) batch.Add(job);
            Run([.. batch.Where(job => job.Words is not null)], jobs => _encoder.EmbedWords([.. jobs.Select(job => job.Words!)]));
            Run([.. batch.Where(job => job.Pixels is not null)], jobs => _encoder.EmbedPictures([.. jobs.Select(job => job.Pixels!)]));
            batch.Clear();
        }

        bool Wait() => _jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Run(Job[] jobs, Func<Job[], Tensor> embed)
    {
        if (jobs.Length == 0) return;
        try
        {
            long begin = TimeProvider.System.GetTimestamp();
            Tensor rows = embed(jobs);
            _meters.Encoded(jobs.Length, TimeProvider.System.GetElapsedTime(begin));
            for (int i = 0; i < jobs.Length; i++) jobs[i].Row.TrySetResult(rows.Span.Slice(i * rows.Width, rows.Width).ToArray());
        }
        catch (Exception) when (jobs.Length > 1)
        {
            // One of them cannot be embedded: the others shall not suffer for it.
            foreach (Job job in jobs) Run([job], embed);
        }
        catch (Exception failure)
        {
            jobs[0].Row.TrySetException(failure);
        }
    }

    private sealed record Job(string? Words, byte[]? Pixels, CancellationToken Cancellation)
    {
        public TaskCompletionSource<float[]> Row { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
