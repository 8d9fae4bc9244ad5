namespace CsAligner.Tensors;

/// <summary>
/// Runs asynchronous work and waits for it: the one place that does. Readers of data and the verbs of the command line are synchronous
/// throughout, for they compute, on threads of their own; a few packages that they call offer tasks alone (Parquet.Net, processes, HTTP).
/// Asynchronous readers would make every loop over samples asynchronous, for no gain: the thread has nothing else to do.
/// </summary>
/// <remarks>
/// While the work starts there is no synchronization context, so that it goes on on the thread pool: in a program with a user
/// interface a wait would otherwise wait for itself.
/// </remarks>
internal static class Synchronously
{
    public static void Run(Func<Task> work) => Run(async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    });

    public static T Run<T>(Func<Task<T>> work)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return work().GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
