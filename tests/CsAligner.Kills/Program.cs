using System.Globalization;

namespace CsAligner.Kills;

/// <summary><c>CsAligner.Kills VERB [--kills N] [--seed N]</c>: kills the verb's job so often, and says where the kills hit. Exit 0:
/// no harm done.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["index-writer", var index, var round]) return IndexWriter.Run(index,
            int.Parse(round, CultureInfo.InvariantCulture));
        if (arguments is ["index", ..]) return KillIndex(arguments);
        if (arguments is ["serve", ..]) return await SoakAsync(arguments);
        KillJob? job = arguments.Length == 0 ? null : KillJobs.All.FirstOrDefault(each => each.Name == arguments[0]);
        if (job is null)
        {
            string jobs = string.Join(", ", KillJobs.All.Select(each => each.Name));
            Console.Error.WriteLine($"usage: VERB [--kills 50] [--seed 1]; verbs: {jobs}, index, serve [--minutes 10] [--kills 0]");
            return 2;
        }

        string folder = Directory.CreateTempSubdirectory("csalign-kills-").FullName;
        try
        {
            var runner = new KillRunner(job, folder, Option(arguments, "--seed", 1), Console.WriteLine);
            Console.WriteLine($"{job.Name}: {runner.Run(Option(arguments, "--kills", 50))}");
            Directory.Delete(folder, recursive: true);
            return 0;
        }
        catch (KillException harm)
        {
            Console.WriteLine($"FAILED {harm.Message}; see {folder}");
            return 1;
        }
    }

    private static int KillIndex(string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-kills-").FullName;
        try
        {
            Console.WriteLine(new IndexKillRunner(folder, Option(arguments, "--seed", 1)).Run(Option(arguments, "--kills", 50)));
            Directory.Delete(folder, recursive: true);
            return 0;
        }
        catch (KillException harm)
        {
            Console.WriteLine($"FAILED index: {harm.Message}; see {folder}");
            return 1;
        }
    }

    private static async Task<int> SoakAsync(string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("csalign-soak-").FullName;
        try
        {
            using var soak = new ServiceSoak(folder, Option(arguments, "--seed", 1));
            await soak.RunAsync(Option(arguments, "--minutes", 10), Option(arguments, "--kills", 0), Console.WriteLine);
            Directory.Delete(folder, recursive: true);
            return 0;
        }
        catch (KillException harm)
        {
            Console.WriteLine($"FAILED serve: {harm.Message}; see {folder}");
            return 1;
        }
    }

    private static int Option(string[] arguments, string name, int fallback)
    {
        int at = Array.IndexOf(arguments, name);
        return at < 0 ? fallback : int.Parse(arguments[at + 1], CultureInfo.InvariantCulture);
    }
}
