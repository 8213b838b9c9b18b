# Answers one request: reads it from standard input, calls one cmdlet, writes one envelope.
#
# This text is constant, and nothing that a request holds is ever read as code: the cmdlet is one of the list below, and
# values only reach it as parameters. It is for Windows PowerShell 5.1. What goes in and comes out is ASCII alone, so no
# code page matters.
#
# Comments and indentation are not sent (the list below relies on that), and it is terse (`%` is ForEach-Object, `?`
# Where-Object, `-ea` ErrorAction, and of preferences 1 is Stop and 0 SilentlyContinue), because ssh to Windows hands the whole command line to cmd.exe, which takes 8,191
# characters.
$ErrorActionPreference = 1
$ProgressPreference = 0
# In 5.1 arrays may otherwise become objects with `value` and `Count`.
Remove-TypeData System.Array -ea 0

# Each cmdlet, and the parameters that it may be given.
$list = '
  Invoke-MonitoringProbe Identity Server TimeOutSeconds
  Test-ImapConnectivity ClientAccessServer MailboxServer LightMode
  Get-ServerHealth Identity
  Get-MonitoringItemIdentity Identity Server
  Get-MailboxDatabaseCopyStatus Server
  Move-ActiveMailboxDatabase Identity ActivateOnServer Confirm
  Get-ImapSettings Server
  Set-ImapSettings Server ProtocolLogEnabled
  Get-MailboxServer Identity
  Set-MailboxServer Identity DatabaseCopyActivationDisabledAndMoveNow
  Get-ServerComponentState Identity Component
  Set-ServerComponentState Identity Component State Requester
  Get-Content Path Tail TotalCount
  Get-Service Name
  Start-Service Name
  Stop-Service Name Force
  Restart-Service Name Force
  Get-CimInstance ClassName Filter
  Restart-Computer ComputerName Force
' -split "`n"

# A value that JSON can represent: always one object, since "no object" would become `{}`. Numbers and booleans lose the
# properties that remoting adds. With the types of Exchange loaded an enum is text, otherwise it may be a number.
function Plain($v) {
  if ($v -is [datetime]) {
    if ($v.Year -gt 1) { $v.ToUniversalTime().ToString('o') } else { $null }
  } elseif ($v -is [Collections.IEnumerable] -and $v -isnot [string]) {
    , @($v | % { if ($null -eq $_.Requester) { "$_" } else { "$($_.Requester)|$($_.State)|$(Plain $_.Timestamp)" } })
  } elseif ($null -eq $v) { $null } elseif ($v.GetType().IsPrimitive) { $v.PSObject.BaseObject } else { "$v" }
}

$data = $warned = $errors = @()
$stage = 'bind'
try {
  $ask = @($input) -join '' | ConvertFrom-Json
  $w = ($list | ? { $_.Split()[0] -eq $ask.cmdlet }) -split ' '
  # From here on by the name in the list.
  $name = $w[0]
  if (!$name) { throw "CommandNotFoundException,$($ask.cmdlet)" }
  $with = @{}
  foreach ($p in $ask.parameters.PSObject.Properties) {
    if ($w -notcontains $p.Name) { throw "NamedParameterNotFound,$name,$($p.Name)" }
    $with[$p.Name] = $p.Value
  }
  $at = $ask.place.computer.name
  $uris = $ask.place.exchange.sessions
  $opt = @{SessionOption=New-PSSessionOption -OpenTimeout 20000}
  $stage = 'connect'
  foreach ($uri in $uris) {
    try {
      $link = New-PSSession -Conf Microsoft.Exchange -ConnectionUri $uri -Authentication Kerberos @opt
      break
    } catch { $why = $_ }
  }
  if ($link) {
    $stage = 'bind'
    # Every verb in the list is an approved one, so the check of names need not be turned off.
    $null = Import-PSSession $link -Name $name -AllowClobber
  } elseif ($uris) { throw $why }
  $stage = 'command'
  $got = if ($at) {
    Invoke-Command -ComputerName $at @opt { param($n, $p) & $n @p } -Args $name, $with 3>&1
  } else { & $name @with 3>&1 }
  $data = @(foreach ($o in $got) {
    if ($o -is [Management.Automation.WarningRecord]) { $warned += $o.Message; continue }
    # A line of a file.
    if ($o -is [string]) { $o = @{Line=$o} }
    if ($ask.filter -and $o.($ask.filter.property) -notlike $ask.filter.like) { continue }
    $row = @{}
    foreach ($s in $ask.select) { $row[$s] = Plain ($o.$s) }
    $row
  })
} catch {
  $errors = @(@{stage=$stage; id=$_.FullyQualifiedErrorId; category="$($_.CategoryInfo.Category)"; message="$_"})
} finally {
  if ($link) { Remove-PSSession $link -ea 0 }
}
$out = @{schema=1; ok=!$errors; data=$data; warnings=$warned; errors=$errors} | ConvertTo-Json -Depth 5 -Compress
[Console]::Out.WriteLine("`n" + '#rectify# ' + [regex]::Replace($out, '[^ -~]', {'\u{0:x4}' -f [int][char]"$args"}))
exit 0
