using System.Diagnostics;

namespace CsAligner.Server.Tests.Serving;

/// <summary>The processes that decode pictures for one service: told from others' by a variable that only they have.</summary>
internal sealed class WorkerProcesses
{
    private readonly string _mark = $"WORKER_OF={Guid.NewGuid():N}";

    /// <summary>The command that starts them.</summary>
    public string[] Command => ["env", _mark, .. Service.PictureCommand];

    /// <summary>The variables of each that runs.</summary>
    public IReadOnlyList<(int Id, string[] Environment)> Running()
    {
        var found = new List<(int, string[])>();
        foreach (string folder in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                string[] variables = File.ReadAllText(Path.Combine(folder, "environ")).Split('\0');
                if (variables.Contains(_mark)) found.Add((int.Parse(Path.GetFileName(folder), null), variables));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile, or is another user's.
            }
        }

        return found;
    }

    public int Kill()
    {
        var running = Running();
        foreach (var (id, _) in running)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended meanwhile.
            }
        }

        return running.Count;
    }
}
