using CsAligner.Search;
using CsAligner.Search.Surveys;
using Microsoft.Extensions.Logging;

namespace CsAligner.Server.Surveys;

/// <summary>
/// A survey of the index that is never long out of date: taken when the service starts, and again some time after items came or went. How
/// long is some multiple of what it takes, so that a large index is not read all the time.
/// </summary>
internal sealed partial class SurveyKeeper : IAsyncDisposable
{
    private const int PauseForEach = 50;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(20), AfterFailure = TimeSpan.FromSeconds(10);

    private readonly ISearchIndex _index;
    private readonly Func<string, float[]?>? _rowsBefore;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Task _work;
    private volatile TaskCompletionSource<Surveyed> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _dirty;

    public SurveyKeeper(ISearchIndex index, Func<string, float[]?>? rowsBefore, ILogger log)
    {
        (_index, _rowsBefore, _log) = (index, rowsBefore, log);
        _work = Task.Run(WorkAsync);
    }

    /// <summary>The last survey; null before the first is done.</summary>
    public Surveyed? Last => _current.Task.IsCompletedSuccessfully ? _current.Task.Result : null;

    /// <summary>The last survey, or the first one when it is done.</summary>
    public Task<Surveyed> GetAsync(CancellationToken cancellation) => _current.Task.WaitAsync(cancellation);

    /// <summary>Items came or went.</summary>
    public void Changed()
    {
        if (Interlocked.Exchange(ref _dirty, 1) == 0) _changed.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _current.TrySetCanceled();
        _stop.Dispose();
        _changed.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                TimeSpan pause = await TakeAsync();
                await Task.Delay(pause, _stop.Token);
                await _changed.WaitAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task<TimeSpan> TakeAsync()
    {
        while (true)
        {
            Volatile.Write(ref _dirty, 0);
            long begin = TimeProvider.System.GetTimestamp();
            try
            {
                IndexSurvey survey = await IndexSurvey.TakeAsync(_index, cancellation: _stop.Token);
                var taken = new Surveyed(survey, SpaceMap.Of(survey, _rowsBefore), DateTimeOffset.UtcNow);
                if (!_current.TrySetResult(taken))
                {
                    var next = new TaskCompletionSource<Surveyed>(TaskCreationOptions.RunContinuationsAsynchronously);
                    next.SetResult(taken);
                    _current = next;
                }

                TimeSpan pause = PauseForEach * TimeProvider.System.GetElapsedTime(begin);
                return pause > ShortestPause ? pause : ShortestPause;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(_log, failure.Message);
                await Task.Delay(AfterFailure, _stop.Token);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "no survey of the index: {Why}; the next try is in 10 seconds")]
    private static partial void Failed(ILogger log, string why);
}
