using System.Net;
using System.Security.Cryptography;
using CsAligner.Server.Configuration;
using CsAligner.Server.Keys;
using CsAligner.Server.Pages;
using CsAligner.Server.Requests;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Http;
using HeaderNames = Microsoft.Net.Http.Headers.HeaderNames;

namespace CsAligner.Server.Security;

/// <summary>
/// Lets requests in: by key where there are keys, by host name where there are none, and never for another site. A browser that gave a
/// key holds a session, whose number is no key and is forgotten with the process.
/// </summary>
internal sealed class Gate
{
    /// <summary>Where a browser gives its key; the one address that needs none.</summary>
    public const string SessionPath = "/session";

    private const string Cookie = "csalign-session";
    private const int MostSessions = 10_000;

    private static readonly TimeSpan SessionTime = TimeSpan.FromHours(12);

    private readonly ApiKeys? _keys;
    private readonly TimeProvider _time;
    private readonly bool _writable;
    private readonly HashSet<string> _hosts;
    private readonly Dictionary<string, (Access Access, DateTimeOffset Until)> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public Gate(SearchServerOptions options, TimeProvider? time = null)
    {
        (_keys, _writable, _time) = (options.Keys, options.Writable, time ?? TimeProvider.System);
        _hosts = new HashSet<string>(["localhost", .. options.HostNames], StringComparer.OrdinalIgnoreCase);
    }

    public static Access Of(HttpContext context) => (Access)context.Items[typeof(Access)]!;

    /// <summary>Refuses what may not read; what may not write is refused where it would.</summary>
    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (IsFromElsewhere(context))
        {
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden,
                "the request comes from another site; open the service itself");
            return;
        }

        if (_keys is null && !IsOurs(context.Request.Host.Host))
        {
            await Problems.WriteAsync(context, StatusCodes.Status421MisdirectedRequest,
                $"the service does not go by the host name of this request; name it with --host-name, or set a key");
            return;
        }

        Access access = Access.Write;
        if (_keys is not null) access = Higher(_keys.AccessOf(Bearer(context.Request)), OfSession(context.Request));
        if (!_writable && access == Access.Write) access = Access.Read;
        context.Items[typeof(Access)] = access;
        bool isSession = context.Request.Path == SessionPath && HttpMethods.IsPost(context.Request.Method);
        if (access >= Access.Read || isSession) await next(context);
        else await RefuseAsync(context);
    }

    /// <summary>Throws unless the request may write.</summary>
    public void RequireWrite(HttpContext context)
    {
        if (Of(context) == Access.Write) return;
        throw new RequestException(StatusCodes.Status403Forbidden, _writable
            ? "this key may only read; give one that may write"
            : "the index is open for reading only");
    }

    /// <summary>Begins a session.</summary>
    /// <returns>Whether the key may read.</returns>
    public bool TryBegin(HttpContext context, string? key)
    {
        Access access = _keys?.AccessOf(key) ?? Access.None;
        if (access < Access.Read) return false;
        string number = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach (string old in _sessions.Where(each => each.Value.Until < now).Select(each => each.Key).ToArray())
                _sessions.Remove(old);
            if (_sessions.Count >= MostSessions) _sessions.Remove(_sessions.MinBy(each => each.Value.Until).Key);
            _sessions[number] = (access, now + SessionTime);
        }

        context.Response.Cookies.Append(Cookie, number, Options(context));
        return true;
    }

    public void End(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is { } number)
            lock (_lock) _sessions.Remove(number);
        context.Response.Cookies.Delete(Cookie, Options(context));
    }

    private static CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
    };

    private static Access Higher(Access one, Access other) => one > other ? one : other;

    private static string? Bearer(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        string? header = request.Headers.Authorization;
        return header?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true ? header[Scheme.Length..].Trim() : null;
    }

    private Access OfSession(HttpRequest request)
    {
        if (request.Cookies[Cookie] is not { } number) return Access.None;
        lock (_lock)
        {
            return _sessions.TryGetValue(number, out var session) && session.Until > _time.GetUtcNow() ? session.Access : Access.None;
        }
    }

    // Browsers say who asks. Links and bookmarks lead here from everywhere, but only to be looked at.
    private static bool IsFromElsewhere(HttpContext context)
    {
        HttpRequest request = context.Request;
        bool isVisit = HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate";
        if (isVisit) return false;
        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site") return true;
        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.Authority == request.Host.ToString());
    }

    private bool IsOurs(string host) => _hosts.Contains(host)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static async Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        if (context.Request.Path == "/" && HttpMethods.IsGet(context.Request.Method))
        {
            await PageFiles.WriteSignInAsync(context);
            return;
        }

        await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized,
            "a key is needed: send 'Authorization: Bearer KEY', or open the page and sign in");
    }
}
